import type { TensorMap } from '../../engines/engine.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import { anyReaches } from './anyReaches.js';
import { type GridPoints, gridPoints } from './gridPoints.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { leastRaw } from './leastRaw.js';
import { LevelValues, type LocationValues } from './levelValues.js';
import { graphOutput, mismatch, type OutputSlot, type SlottedHead } from './outputSlot.js';
import { PackedLevels } from './packedLevels.js';
import { sigmoid } from './sigmoid.js';

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
    this.slots = [
      ...new Map(
        [...scores.slots, ...distances.slots, ...(centerness?.slots ?? [])].map((slot) => [slot.name, slot]),
      ).values(),
    ];
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const { strides, cellOffset, distanceUnit, centernessMean } = this.#manifest;
    const { columns, rows, levels } = this.#points;
    const { numClasses } = this;
    const { scores, distances, centerness } = this.#parts;
    const [scoreData, distanceData] = [scores.data(outputs), distances.data(outputs)];
    const centernessData = centerness?.data(outputs);
    const probability = this.#manifest.scoreActivation === 'sigmoid' ? sigmoid : identity;
    const distanceOf = activations[this.#manifest.distanceActivation];
    const mean = centerness && centernessMean === 'geometric' ? Math.sqrt : identity;
    const rawCenterness =
      centerness &&
      centernessData &&
      ((location: number) => centernessData[levels[location]!]![centerness.starts[location]!]!);

    return {
      screen(threshold) {
        // Class and centerness both have to reach this, for the other one is 1 at most.
        const least = leastRaw((raw) => mean(probability(raw)), threshold);
        return (location) => {
          if (rawCenterness && rawCenterness(location) < least) return false;
          const level = levels[location]!;
          const [data, step] = [scoreData[level]!, scores.steps[level]!];
          return anyReaches(data, least, { start: scores.starts[location]!, count: numClasses, step });
        };
      },
      scores(location, target, offset) {
        const level = levels[location]!;
        const [data, step] = [scoreData[level]!, scores.steps[level]!];
        const factor = rawCenterness ? probability(rawCenterness(location)) : 1;
        let at = scores.starts[location]!;
        for (let c = 0; c < numClasses; c++, at += step) {
          target[offset + c] = mean(probability(data[at]!) * factor);
        }
      },
      box(location, target, offset) {
        const level = levels[location]!;
        const stride = strides[level]!;
        const unit = distanceUnit === 'stride' ? stride : 1;
        const [data, step] = [distanceData[level]!, distances.steps[level]!];
        const at = distances.starts[location]!;
        const centreX = (columns[location]! + cellOffset) * stride;
        const centreY = (rows[location]! + cellOffset) * stride;
        target[offset] = centreX - unit * distanceOf(data[at]!);
        target[offset + 1] = centreY - unit * distanceOf(data[at + step]!);
        target[offset + 2] = centreX + unit * distanceOf(data[at + 2 * step]!);
        target[offset + 3] = centreY + unit * distanceOf(data[at + 3 * step]!);
      },
    };
  }
}

function identity(value: number): number {
  return value;
}

const activations = {
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
    return packedParts(slot, { points, numClasses, graph }, strides.length);
  }
  const grid = { cells: points.sizes, anchors: strides.map(() => 1) };
  const part = (key: 'scores' | 'distances' | 'centerness', names: readonly string[], values: number) =>
    new LevelValues({ key, names, values }, grid, graph);
  return {
    scores: part('scores', outputs.scores, numClasses),
    distances: part('distances', outputs.distances, 4),
    centerness: outputs.centerness && part('centerness', outputs.centerness, 1),
  };
}

function packedParts(
  port: Pick<OutputSlot, 'key' | 'name'>,
  { points, numClasses, graph }: PartsShape,
  numLevels: number,
): Parts {
  const { dims } = graphOutput(port, graph);
  const rowLength = dims.length === 3 ? dims[2] : undefined;
  if (rowLength !== 4 + numClasses && rowLength !== 5 + numClasses) {
    const expected = `[1, ${points.count}, ${4 + numClasses}], or ${5 + numClasses} with a centerness`;
    throw mismatch(port, expected, `[${dims.join(', ')}]`);
  }
  const slot = { ...port, length: points.count * rowLength, shape: `[1, ${points.count}, ${rowLength}]` };
  const part = (first: number) => new PackedLevels(slot, { numLevels, rowLength, first });
  const hasCenterness = rowLength === 5 + numClasses;
  return {
    distances: part(0),
    centerness: hasCenterness ? part(4) : undefined,
    scores: part(hasCenterness ? 5 : 4),
  };
}
