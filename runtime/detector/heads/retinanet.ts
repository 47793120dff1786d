import type { TensorMap } from '../../engines/engine.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import { type AnchorBoxes, anchorBoxes } from './anchorBoxes.js';
import { anyReaches } from './anyReaches.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { leastRaw } from './leastRaw.js';
import { LevelValues } from './levelValues.js';
import type { OutputSlot, SlottedHead } from './outputSlot.js';
import { sigmoid } from './sigmoid.js';

type RetinanetManifest = Extract<HeadManifest, { type: 'retinanet' }>;

/**
 * RetinaNet and its kin: per level, class logits and box deltas `[dx, dy, dw, dh]` for each anchor, or `[dy, dx, dh, dw]`.
 *
 * centre = anchor centre + variance * d * anchor size, size = exp(min(variance * d, maxLogScale)) * anchor size,
 * score = sigmoid(logit). Locations run over levels, rows, columns, anchors.
 *
 * Source: Lin et al., "Focal Loss for Dense Object Detection" (arXiv 1708.02002), section 4.
 */
export class RetinanetHead implements SlottedHead {
  readonly slots: readonly OutputSlot[];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #manifest: RetinanetManifest;
  readonly #anchors: AnchorBoxes;
  readonly #scores: LevelValues;
  readonly #deltas: LevelValues;

  /** @param graph tells maps from rows */
  constructor(manifest: RetinanetManifest, shape: HeadShape, graph: Pick<Graph, 'outputs'>) {
    const { scores, deltas } = manifest.outputs;
    this.#manifest = manifest;
    this.#anchors = anchorBoxes(manifest, shape);
    const { grid, levels } = this.#anchors;
    this.numClasses = shape.numClasses;
    this.numLocations = levels.length;
    this.#scores = new LevelValues({ key: 'scores', names: scores, values: this.numClasses }, grid, graph);
    this.#deltas = new LevelValues({ key: 'deltas', names: deltas, values: 4 }, grid, graph);
    this.slots = [...this.#scores.slots, ...this.#deltas.slots];
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const [scores, deltas] = [this.#scores, this.#deltas];
    const [scoreData, deltaData] = [scores.data(outputs), deltas.data(outputs)];
    const { boxes, levels } = this.#anchors;
    const { numClasses } = this;
    const { variances, maxLogScale, scoreActivation, deltaOrder } = this.#manifest;
    const [x, y] = deltaOrder === 'xywh' ? [0, 1] : [1, 0];
    const [varianceX, varianceY, varianceWidth, varianceHeight] = variances;
    const scoreOf = scoreActivation === 'sigmoid' ? sigmoid : (value: number) => value;

    return {
      screen(threshold) {
        const least = leastRaw(scoreOf, threshold);
        return (location) => {
          const level = levels[location]!;
          const [data, step] = [scoreData[level]!, scores.steps[level]!];
          return anyReaches(data, least, { start: scores.starts[location]!, count: numClasses, step });
        };
      },
      scores(location, target, offset) {
        const level = levels[location]!;
        const [data, step] = [scoreData[level]!, scores.steps[level]!];
        let at = scores.starts[location]!;
        for (let c = 0; c < numClasses; c++, at += step) target[offset + c] = scoreOf(data[at]!);
      },
      box(location, target, offset) {
        const level = levels[location]!;
        const [data, step] = [deltaData[level]!, deltas.steps[level]!];
        const at = deltas.starts[location]!;
        const anchor = 4 * location;
        const width = boxes[anchor + 2]!;
        const height = boxes[anchor + 3]!;
        const centreX = boxes[anchor]! + varianceX * data[at + x * step]! * width;
        const centreY = boxes[anchor + 1]! + varianceY * data[at + y * step]! * height;
        const halfWidth =
          (Math.exp(Math.min(varianceWidth * data[at + (2 + x) * step]!, maxLogScale)) * width) / 2;
        const halfHeight =
          (Math.exp(Math.min(varianceHeight * data[at + (2 + y) * step]!, maxLogScale)) * height) / 2;
        target[offset] = centreX - halfWidth;
        target[offset + 1] = centreY - halfHeight;
        target[offset + 2] = centreX + halfWidth;
        target[offset + 3] = centreY + halfHeight;
      },
    };
  }
}
