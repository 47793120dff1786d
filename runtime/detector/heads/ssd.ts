import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { HeadManifest } from '../manifest.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import type { LocationValues } from './locationValues.js';
import type { OutputSlot, SlottedHead } from './outputSlot.js';
import { rowValues } from './rowValues.js';

type SsdManifest = Extract<HeadManifest, { type: 'ssd' }>;

/**
 * SSD with clustered priors: `boxes: [1, N * 4]` holds `[dx, dy, dw, dh]` per prior, `scores: [1, N * (numClasses + 1)]`
 * the softmax over the classes and a background. Locations run over feature maps, rows, columns, priors.
 *
 * prior centre = (cell + offset) * step; centre = prior centre + variance * d * prior size,
 * size = exp(variance * d) * prior size, in pixels of the network's input. Class ids skip the background.
 *
 * Source: Liu et al., "SSD" (arXiv 1512.02325), section 2.2; priors: OpenVINO's PriorBoxClustered.
 */
export class SsdHead implements SlottedHead {
  readonly slots: readonly OutputSlot[];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #variances: SsdManifest['variances'];
  readonly #priors: Float32Array;
  readonly #boxes: LocationValues;
  /** The classes in front of the background, and those behind it, where there are any. */
  readonly #classes: readonly { readonly first: number; readonly probabilities: LocationValues }[];

  constructor(manifest: SsdManifest, { numClasses }: HeadShape) {
    if (manifest.background > numClasses) {
      const expected = `0..${numClasses}, an index among the labels and the background`;
      throw new AgentError(
        'manifest_invalid',
        `manifest key head.background: expected ${expected}, got ${manifest.background}`,
        { detail: { where: 'head.background', expected, got: manifest.background } },
      );
    }
    const { background, outputs } = manifest;
    this.#variances = manifest.variances;
    this.#priors = priorBoxes(manifest.priors);
    this.numClasses = numClasses;
    this.numLocations = this.#priors.length / 4;
    const numLocations = this.numLocations;
    const slotOf = (key: 'boxes' | 'scores', count: number): OutputSlot => ({
      key: `head.outputs.${key}`,
      name: outputs[key],
      length: numLocations * count,
      shape: `[1, ${numLocations} * ${count}]`,
    });
    const rowLength = numClasses + 1;
    const [boxes, scores] = [slotOf('boxes', 4), slotOf('scores', rowLength)];
    this.#boxes = rowValues(boxes, { numLocations, first: 0, count: 4, locationStep: 4 });
    this.#classes = [
      { first: 0, count: background },
      { first: background + 1, count: numClasses - background },
    ].flatMap(({ first, count }) => {
      if (count === 0) return [];
      const probabilities = rowValues(scores, { numLocations, first, count, locationStep: rowLength });
      return { first: Math.min(first, background), probabilities };
    });
    this.slots = [boxes, scores];
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const deltas = this.#boxes.in(outputs);
    const classes = this.#classes.map(({ first, probabilities }) => ({
      first,
      located: probabilities.in(outputs),
    }));
    const priors = this.#priors;
    const [varianceX, varianceY, varianceWidth, varianceHeight] = this.#variances;

    return {
      screen(threshold) {
        const tests = classes.map(({ located }) => located.reach(threshold));
        return tests.length === 1 ? tests[0]! : (location) => tests.some((reaches) => reaches(location));
      },
      scores(location, target, offset) {
        for (const { first, located } of classes) located.read(location, target, offset + first);
      },
      box(location, target, offset) {
        const at = 4 * location;
        const width = priors[at + 2]!;
        const height = priors[at + 3]!;
        const centreX = priors[at]! + varianceX * deltas.at(location, 0) * width;
        const centreY = priors[at + 1]! + varianceY * deltas.at(location, 1) * height;
        const halfWidth = (Math.exp(varianceWidth * deltas.at(location, 2)) * width) / 2;
        const halfHeight = (Math.exp(varianceHeight * deltas.at(location, 3)) * height) / 2;
        target[offset] = centreX - halfWidth;
        target[offset + 1] = centreY - halfHeight;
        target[offset + 2] = centreX + halfWidth;
        target[offset + 3] = centreY + halfHeight;
      },
    };
  }
}

/** Returns `[N, 4]`: centre x, centre y, width and height of every prior, in input pixels. */
function priorBoxes(levels: SsdManifest['priors']): Float32Array {
  const priors: number[] = [];
  for (const [level, { featureMap, step, offset, widths, heights }] of levels.entries()) {
    if (widths.length !== heights.length) {
      const expected = `${widths.length} heights, one per width`;
      throw new AgentError(
        'manifest_invalid',
        `manifest key head.priors.${level}.heights: expected ${expected}, got ${heights.length}`,
        { detail: { where: `head.priors.${level}.heights`, expected, got: heights.length } },
      );
    }
    const [rows, columns] = featureMap;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (const [i, width] of widths.entries()) {
          priors.push((column + offset) * step, (row + offset) * step, width, heights[i]!);
        }
      }
    }
  }
  return Float32Array.from(priors);
}
