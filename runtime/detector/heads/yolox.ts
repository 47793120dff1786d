import type { TensorMap } from '../../engines/engine.js';
import type { HeadManifest } from '../manifest.js';
import { type GridPoints, gridPoints } from './gridPoints.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import type { LocationValues } from './locationValues.js';
import { type OutputSlot, packedSlot, type SlottedHead } from './outputSlot.js';
import { rowValues } from './rowValues.js';
import { scaledScores } from './scaledScores.js';

type YoloxManifest = Extract<HeadManifest, { type: 'yolox' }>;

/**
 * Anchor-free YOLOX: `packed` is `[1, N, 5 + numClasses]`, a row being `[tx, ty, tw, th, objectness, classes...]`
 * with objectness and classes after the sigmoid.
 *
 * centre = (t + cell) * stride, size = exp(t) * stride, score = objectness * class.
 *
 * Source: Ge et al., "YOLOX" (arXiv 2107.08430) and its repository, `demo/ONNXRuntime`.
 */
export class YoloxHead implements SlottedHead {
  readonly slots: readonly [OutputSlot];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #points: GridPoints;
  readonly #strides: readonly number[];
  readonly #boxes: LocationValues;
  readonly #objectness: LocationValues;
  readonly #classes: LocationValues;

  constructor(manifest: YoloxManifest, { inputWidth, inputHeight, numClasses }: HeadShape) {
    this.#strides = manifest.strides;
    this.#points = gridPoints(manifest.strides, inputWidth, inputHeight);
    this.numLocations = this.#points.count;
    this.numClasses = numClasses;
    const rows = { numLocations: this.numLocations, locationStep: 5 + numClasses };
    const slot = packedSlot(manifest.outputs.packed, rows.numLocations, rows.locationStep);
    this.#boxes = rowValues(slot, { ...rows, first: 0, count: 4 });
    this.#objectness = rowValues(slot, { ...rows, first: 4, count: 1 });
    this.#classes = rowValues(slot, { ...rows, first: 5, count: numClasses });
    this.slots = [slot];
    this.outputs = [slot.name];
  }

  read(outputs: TensorMap): LocationReader {
    const boxes = this.#boxes.in(outputs);
    const objectness = this.#objectness.in(outputs);
    const classes = this.#classes.in(outputs);
    const { numClasses } = this;
    const { columns, rows, levels } = this.#points;
    const strides = this.#strides;
    const scoresFrom = (threshold: number) =>
      scaledScores(classes.scoresFrom(threshold), numClasses, (location) => objectness.at(location, 0));
    return {
      screen: (threshold) => objectness.reach(threshold),
      scores: scoresFrom(Number.NEGATIVE_INFINITY),
      scoresFrom,
      box(location, target, offset) {
        const stride = strides[levels[location]!]!;
        const centreX = (boxes.at(location, 0) + columns[location]!) * stride;
        const centreY = (boxes.at(location, 1) + rows[location]!) * stride;
        const halfWidth = (Math.exp(boxes.at(location, 2)) * stride) / 2;
        const halfHeight = (Math.exp(boxes.at(location, 3)) * stride) / 2;
        target[offset] = centreX - halfWidth;
        target[offset + 1] = centreY - halfHeight;
        target[offset + 2] = centreX + halfWidth;
        target[offset + 3] = centreY + halfHeight;
      },
    };
  }
}
