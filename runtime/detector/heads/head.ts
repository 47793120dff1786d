import type { TensorMap } from '../../engines/engine.js';

/**
 * A detection head: how a network's output tensors read as *locations* (anchors, grid points, priors), each with
 * one score per class and one box. Heads know no thresholds and no NMS; `candidates.ts` builds both serving's
 * sparse read and the search's dense read on this one view.
 */
export interface Head {
  /** Names of the output tensors that `read` needs. */
  readonly outputs: readonly string[];
  readonly numLocations: number;
  /** Without a background class. */
  readonly numClasses: number;
  /**
   * Returns a view of one run's outputs; valid while these tensors are.
   *
   * @throws AgentError `shape_mismatch` when a tensor is absent or of another size than the manifest implies
   */
  read(outputs: TensorMap): LocationReader;
}

/** Writes the `numClasses` scores (0..1) of one location to `target` from `offset` on. */
export type ScoreWriter = (location: number, target: Float32Array, offset: number) => void;

export interface LocationReader {
  /**
   * Returns a quick test, for skipping locations: false where, as float32, no class score of a location is `threshold` or more.
   * It compares what the network gave, so that skipping computes no score.
   */
  screen(threshold: number): (location: number) => boolean;
  readonly scores: ScoreWriter;
  /**
   * Returns what writes scores as `scores` does, but 0 for some that, as float32, are below `threshold` and are not computed. Absent
   * where that would spare nothing.
   */
  readonly scoresFrom?: (threshold: number) => ScoreWriter;
  /** Writes one location's box `[x1, y1, x2, y2]`, in pixels of the network's input, to `target` from `offset` on. */
  box(location: number, target: Float32Array, offset: number): void;
}
