import type { TensorMap } from '../../engines/engine.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import { type GridPoints, gridPoints } from './gridPoints.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { levelValues } from './levelValues.js';
import { type LocationValues, slotsOf } from './locationValues.js';
import { type OutputSlot, packedSlot, type SlottedHead } from './outputSlot.js';
import { rowValues } from './rowValues.js';

type GflManifest = Extract<HeadManifest, { type: 'gfl' }>;

/**
 * Generalized focal loss heads (NanoDet, PicoDet). Scores are after the sigmoid. Each side of a box is a
 * distribution over 0..regMax:
 *
 * centre = (cell + cellOffset) * stride, distance = stride * sum over k of k * softmax(logits)[k],
 * box = [centre x - left, centre y - top, centre x + right, centre y + bottom].
 *
 * Outputs are one packed tensor `[1, N, numClasses + 4 * (regMax + 1)]`, or `scores[i]: [1, n, numClasses]` and
 * `distances[i]: [1, n, 4 * (regMax + 1)]` per stride, or those as maps.
 *
 * Source: Li et al., "Generalized Focal Loss" (arXiv 2006.04388), equation 5.
 */
export class GflHead implements SlottedHead {
  readonly slots: readonly OutputSlot[];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #manifest: GflManifest;
  readonly #points: GridPoints;
  readonly #scores: LocationValues;
  readonly #distances: LocationValues;

  /** @param graph tells maps from rows, where each level has tensors of its own */
  constructor(
    manifest: GflManifest,
    { inputWidth, inputHeight, numClasses }: HeadShape,
    graph: Pick<Graph, 'outputs'>,
  ) {
    this.#manifest = manifest;
    this.#points = gridPoints(manifest.strides, inputWidth, inputHeight);
    this.numLocations = this.#points.count;
    this.numClasses = numClasses;
    const parts = partsOf(manifest, { points: this.#points, numClasses, graph });
    this.#scores = parts.scores;
    this.#distances = parts.distances;
    this.slots = slotsOf([parts.scores, parts.distances]);
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const { strides, regMax, cellOffset } = this.#manifest;
    const { columns, rows, levels } = this.#points;
    const bins = regMax + 1;
    const scores = this.#scores.in(outputs);
    const logits = this.#distances.in(outputs);
    const ofLocation = new Float32Array(4 * bins);

    return {
      screen: (threshold) => scores.reach(threshold),
      scoresFrom: (threshold) => scores.scoresFrom(threshold),
      scores: scores.scoresFrom(Number.NEGATIVE_INFINITY),
      box(location, target, offset) {
        const stride = strides[levels[location]!]!;
        const centreX = (columns[location]! + cellOffset) * stride;
        const centreY = (rows[location]! + cellOffset) * stride;
        logits.read(location, ofLocation);
        target[offset] = centreX - stride * expectation(ofLocation, 0, bins);
        target[offset + 1] = centreY - stride * expectation(ofLocation, bins, bins);
        target[offset + 2] = centreX + stride * expectation(ofLocation, 2 * bins, bins);
        target[offset + 3] = centreY + stride * expectation(ofLocation, 3 * bins, bins);
      },
    };
  }
}

/** Returns the mean of 0, 1, ..., bins - 1 under softmax(logits[start .. start + bins]). */
function expectation(logits: Float32Array, start: number, bins: number): number {
  let max = -Infinity;
  for (let k = 0; k < bins; k++) max = Math.max(max, logits[start + k]!);
  let total = 0;
  let weighted = 0;
  for (let k = 0; k < bins; k++) {
    const weight = Math.exp(logits[start + k]! - max);
    total += weight;
    weighted += k * weight;
  }
  return weighted / total;
}

interface Parts {
  readonly scores: LocationValues;
  readonly distances: LocationValues;
}

interface PartsShape {
  readonly points: GridPoints;
  readonly numClasses: number;
  readonly graph: Pick<Graph, 'outputs'>;
}

function partsOf({ outputs, regMax }: GflManifest, { points, numClasses, graph }: PartsShape): Parts {
  const numDistances = 4 * (regMax + 1);
  if (!('packed' in outputs)) {
    const grid = { cells: points.sizes, anchors: points.sizes.map(() => 1) };
    const part = (key: keyof Parts, values: number) =>
      levelValues({ key, names: outputs[key], values }, grid, graph);
    return { scores: part('scores', numClasses), distances: part('distances', numDistances) };
  }
  const rows = { numLocations: points.count, locationStep: numClasses + numDistances };
  const slot = packedSlot(outputs.packed, rows.numLocations, rows.locationStep);
  return {
    scores: rowValues(slot, { ...rows, first: 0, count: numClasses }),
    distances: rowValues(slot, { ...rows, first: numClasses, count: numDistances }),
  };
}
