import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { HeadManifest } from '../manifest.js';
import { anyReaches } from './anyReaches.js';
import { type GridPoints, gridPoints } from './gridPoints.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { type OutputSlot, type SlottedHead, slotData } from './outputSlot.js';

type GflManifest = Extract<HeadManifest, { type: 'gfl' }>;

/**
 * Generalized focal loss heads (NanoDet, PicoDet). Scores are after the sigmoid. Each side of a box is a
 * distribution over 0..regMax:
 *
 * centre = (cell + cellOffset) * stride, distance = stride * sum over k of k * softmax(logits)[k],
 * box = [centre x - left, centre y - top, centre x + right, centre y + bottom].
 *
 * Outputs are one packed tensor `[1, N, numClasses + 4 * (regMax + 1)]`, or `scores[i]: [1, n, numClasses]` and
 * `distances[i]: [1, n, 4 * (regMax + 1)]` per stride.
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

  constructor(manifest: GflManifest, { inputWidth, inputHeight, numClasses }: HeadShape) {
    this.#manifest = manifest;
    this.#points = gridPoints(manifest.strides, inputWidth, inputHeight);
    this.numLocations = this.#points.count;
    this.numClasses = numClasses;
    this.slots = gflSlots(manifest, this.#points, numClasses);
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const { strides, regMax, cellOffset } = this.#manifest;
    const { columns, rows, levels, firsts } = this.#points;
    const { numClasses } = this;
    const packed = 'packed' in this.#manifest.outputs;
    const bins = regMax + 1;
    const data = this.slots.map((slot) => slotData(slot, outputs));
    const scoreData = strides.map((_, level) => data[packed ? 0 : level]!);
    const distanceData = strides.map((_, level) => data[packed ? 0 : strides.length + level]!);
    const firstRow = packed ? strides.map(() => 0) : firsts;
    const scoreStep = packed ? numClasses + 4 * bins : numClasses;
    const distanceStep = packed ? scoreStep : 4 * bins;
    const distanceOffset = packed ? numClasses : 0;

    return {
      screen: (threshold) => (location) => {
        const level = levels[location]!;
        const scores = scoreData[level]!;
        const start = (location - firstRow[level]!) * scoreStep;
        return anyReaches(scores, threshold, { start, count: numClasses, step: 1 });
      },
      scores(location, target, offset) {
        const level = levels[location]!;
        const scores = scoreData[level]!;
        const start = (location - firstRow[level]!) * scoreStep;
        for (let c = 0; c < numClasses; c++) target[offset + c] = scores[start + c]!;
      },
      box(location, target, offset) {
        const level = levels[location]!;
        const stride = strides[level]!;
        const logits = distanceData[level]!;
        const start = (location - firstRow[level]!) * distanceStep + distanceOffset;
        const centreX = (columns[location]! + cellOffset) * stride;
        const centreY = (rows[location]! + cellOffset) * stride;
        target[offset] = centreX - stride * expectation(logits, start, bins);
        target[offset + 1] = centreY - stride * expectation(logits, start + bins, bins);
        target[offset + 2] = centreX + stride * expectation(logits, start + 2 * bins, bins);
        target[offset + 3] = centreY + stride * expectation(logits, start + 3 * bins, bins);
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

function gflSlots(manifest: GflManifest, points: GridPoints, numClasses: number): OutputSlot[] {
  const { outputs, strides, regMax } = manifest;
  const numDistances = 4 * (regMax + 1);
  if ('packed' in outputs)
    return [rowsSlot('packed', outputs.packed, [points.count, numClasses + numDistances])];
  for (const part of ['scores', 'distances'] as const) {
    if (outputs[part].length === strides.length) continue;
    const expected = `${strides.length} tensors, one per stride`;
    throw new AgentError(
      'manifest_invalid',
      `manifest key head.outputs.${part}: expected ${expected}, got ${outputs[part].length}`,
      { detail: { where: `head.outputs.${part}`, expected, got: outputs[part].length } },
    );
  }
  return [
    ...outputs.scores.map((name, i) => rowsSlot(`scores.${i}`, name, [points.sizes[i]!, numClasses])),
    ...outputs.distances.map((name, i) => rowsSlot(`distances.${i}`, name, [points.sizes[i]!, numDistances])),
  ];
}

function rowsSlot(key: string, name: string, [rows, columns]: readonly [number, number]): OutputSlot {
  return { key: `head.outputs.${key}`, name, length: rows * columns, shape: `[1, ${rows}, ${columns}]` };
}
