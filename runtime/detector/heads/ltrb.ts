import { activations, identity } from '../../activation.js';
import type { TensorMap } from '../../engines/engine.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import { type GridPoints, gridPoints } from './gridPoints.js';
import type { LocationReader, ScoreWriter } from './head.js';
import type { HeadShape } from './headShape.js';
import { levelValues } from './levelValues.js';
import { type LocationValues, slotsOf } from './locationValues.js';
import { graphOutput, mismatch, type OutputSlot, packedSlot, type SlottedHead } from './outputSlot.js';
import { rowValues } from './rowValues.js';
import { scaledScores } from './scaledScores.js';

type LtrbManifest = Extract<HeadManifest, { type: 'ltrb' }>;

interface Parts {
  readonly scores: LocationValues;
  readonly distances: LocationValues;
  readonly centerness: LocationValues | undefined;
}

/**
 * Anchor-free heads that give the four distances from a cell's centre to the sides of its box (FCOS, YOLOv6, RTMDet).
 *
 * centre = (cell + cellOffset) * stride, box = [x - left, y - top, x + right, y + bottom], each distance being the
 * output after its activation, in strides or in pixels; score = class, or class * centerness.
 *
 * Outputs are per level maps or rows, or one packed tensor `[1, N, 4 + numClasses]` or, with centerness,
 * `[1, N, 5 + numClasses]`: distances, centerness, classes. Locations run over levels, rows, columns.
 *
 * Source: Tian et al., "FCOS" (arXiv 1904.01355), section 3.1.
 */
export class LtrbHead implements SlottedHead {
  readonly slots: readonly OutputSlot[];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #manifest: LtrbManifest;
  readonly #points: GridPoints;
  readonly #parts: Parts;

  /** @param graph tells maps from rows, and whether a packed tensor has a centerness */
  constructor(manifest: LtrbManifest, shape: HeadShape, graph: Pick<Graph, 'outputs'>) {
    this.#manifest = manifest;
    this.#points = gridPoints(manifest.strides, shape.inputWidth, shape.inputHeight);
    this.numLocations = this.#points.count;
    this.numClasses = shape.numClasses;
    this.#parts = partsOf(manifest, { points: this.#points, numClasses: this.numClasses, graph });
    const { scores, distances, centerness } = this.#parts;
    this.slots = slotsOf([scores, distances, ...(centerness ? [centerness] : [])]);
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const { strides, cellOffset, distanceUnit, centernessMean } = this.#manifest;
    const { columns, rows, levels } = this.#points;
    const { numClasses } = this;
    const scores = this.#parts.scores.in(outputs);
    const distances = this.#parts.distances.in(outputs);
    const centerness = this.#parts.centerness?.in(outputs);
    const probability = activations[this.#manifest.scoreActivation];
    const activate = distanceActivations[this.#manifest.distanceActivation];
    const mean = centerness && centernessMean === 'geometric' ? Math.sqrt : identity;
    const distance = (location: number, side: number) => {
      const unit = distanceUnit === 'stride' ? strides[levels[location]!]! : 1;
      return unit * activate(distances.at(location, side));
    };

    const geometric: ScoreWriter = (location, target, offset) => {
      const factor = probability(centerness!.at(location, 0));
      scores.read(location, target, offset);
      for (let c = offset; c < offset + numClasses; c++)
        target[c] = Math.sqrt(probability(target[c]!) * factor);
    };
    const scoresFrom = (threshold: number) => {
      const write = scores.scoresFrom(threshold, probability);
      return centerness
        ? scaledScores(write, numClasses, (location) => probability(centerness.at(location, 0)))
        : write;
    };
    return {
      screen(threshold) {
        // Class and centerness both have to reach this, for the other one is 1 at most.
        const scoreOf = (raw: number) => mean(probability(raw));
        const isCentral = centerness?.reach(threshold, scoreOf);
        const isLikely = scores.reach(threshold, scoreOf);
        return (location) => isCentral?.(location) !== false && isLikely(location);
      },
      ...(mean === identity
        ? { scores: scoresFrom(Number.NEGATIVE_INFINITY), scoresFrom }
        : { scores: geometric }),
      box(location, target, offset) {
        const stride = strides[levels[location]!]!;
        const centreX = (columns[location]! + cellOffset) * stride;
        const centreY = (rows[location]! + cellOffset) * stride;
        target[offset] = centreX - distance(location, 0);
        target[offset + 1] = centreY - distance(location, 1);
        target[offset + 2] = centreX + distance(location, 2);
        target[offset + 3] = centreY + distance(location, 3);
      },
    };
  }
}

const distanceActivations = {
  none: identity,
  relu: (value: number) => Math.max(0, value),
  exp: Math.exp,
} as const satisfies Record<LtrbManifest['distanceActivation'], (value: number) => number>;

interface PartsShape {
  readonly points: GridPoints;
  readonly numClasses: number;
  readonly graph: Pick<Graph, 'outputs'>;
}

function partsOf({ outputs, strides }: LtrbManifest, { points, numClasses, graph }: PartsShape): Parts {
  if ('packed' in outputs) {
    const slot = { key: 'head.outputs.packed', name: outputs.packed };
    return packedParts(slot, { points, numClasses, graph });
  }
  const grid = { cells: points.sizes, anchors: strides.map(() => 1) };
  const part = (key: 'scores' | 'distances' | 'centerness', names: readonly string[], values: number) =>
    levelValues({ key, names, values }, grid, graph);
  return {
    scores: part('scores', outputs.scores, numClasses),
    distances: part('distances', outputs.distances, 4),
    centerness: outputs.centerness && part('centerness', outputs.centerness, 1),
  };
}

function packedParts(
  port: Pick<OutputSlot, 'key' | 'name'>,
  { points, numClasses, graph }: PartsShape,
): Parts {
  const { dims } = graphOutput(port, graph);
  const rowLength = dims.length === 3 ? dims[2] : undefined;
  if (rowLength !== 4 + numClasses && rowLength !== 5 + numClasses) {
    const expected = `[1, ${points.count}, ${4 + numClasses}], or ${5 + numClasses} with a centerness`;
    throw mismatch(port, expected, `[${dims.join(', ')}]`);
  }
  const slot = packedSlot(port.name, points.count, rowLength);
  const part = (first: number, count: number) =>
    rowValues(slot, { numLocations: points.count, first, count, locationStep: rowLength });
  const hasCenterness = rowLength === 5 + numClasses;
  return {
    distances: part(0, 4),
    centerness: hasCenterness ? part(4, 1) : undefined,
    scores: part(hasCenterness ? 5 : 4, numClasses),
  };
}
