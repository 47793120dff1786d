import type { TensorMap } from '../../engines/engine.js';
import type { HeadManifest } from '../manifest.js';
import { type GridPoints, gridPoints } from './gridPoints.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { type OutputSlot, type SlottedHead, slotData } from './outputSlot.js';

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

  constructor(manifest: YoloxManifest, { inputWidth, inputHeight, numClasses }: HeadShape) {
    this.#strides = manifest.strides;
    this.#points = gridPoints(manifest.strides, inputWidth, inputHeight);
    this.numLocations = this.#points.count;
    this.numClasses = numClasses;
    const rowLength = 5 + numClasses;
    this.slots = [
      {
        key: 'head.outputs.packed',
        name: manifest.outputs.packed,
        length: this.numLocations * rowLength,
        shape: `[1, ${this.numLocations}, ${rowLength}]`,
      },
    ];
    this.outputs = [manifest.outputs.packed];
  }

  read(outputs: TensorMap): LocationReader {
    const data = slotData(this.slots[0], outputs);
    const { numClasses } = this;
    const { columns, rows, levels } = this.#points;
    const strides = this.#strides;
    const rowLength = 5 + numClasses;
    return {
      screen: (threshold) => (location) => !(data[location * rowLength + 4]! < threshold),
      scores(location, target, offset) {
        const row = location * rowLength + 4;
        const objectness = data[row]!;
        for (let c = 0; c < numClasses; c++) target[offset + c] = objectness * data[row + 1 + c]!;
      },
      box(location, target, offset) {
        const row = location * rowLength;
        const stride = strides[levels[location]!]!;
        const centreX = (data[row]! + columns[location]!) * stride;
        const centreY = (data[row + 1]! + rows[location]!) * stride;
        const halfWidth = (Math.exp(data[row + 2]!) * stride) / 2;
        const halfHeight = (Math.exp(data[row + 3]!) * stride) / 2;
        target[offset] = centreX - halfWidth;
        target[offset + 1] = centreY - halfHeight;
        target[offset + 2] = centreX + halfWidth;
        target[offset + 3] = centreY + halfHeight;
      },
    };
  }
}
