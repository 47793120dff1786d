import { activations } from '../../activation.js';
import type { TensorMap } from '../../engines/engine.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import { type AnchorBoxes, anchorBoxes } from './anchorBoxes.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { levelValues } from './levelValues.js';
import { type LocationValues, slotsOf } from './locationValues.js';
import type { OutputSlot, SlottedHead } from './outputSlot.js';

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
  readonly #scores: LocationValues;
  readonly #deltas: LocationValues;

  /** @param graph tells maps from rows */
  constructor(manifest: RetinanetManifest, shape: HeadShape, graph: Pick<Graph, 'outputs'>) {
    const { scores, deltas } = manifest.outputs;
    this.#manifest = manifest;
    this.#anchors = anchorBoxes(manifest, shape);
    const { grid, boxes } = this.#anchors;
    this.numClasses = shape.numClasses;
    this.numLocations = boxes.length / 4;
    this.#scores = levelValues({ key: 'scores', names: scores, values: this.numClasses }, grid, graph);
    this.#deltas = levelValues({ key: 'deltas', names: deltas, values: 4 }, grid, graph);
    this.slots = slotsOf([this.#scores, this.#deltas]);
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const scores = this.#scores.in(outputs);
    const deltas = this.#deltas.in(outputs);
    const { boxes } = this.#anchors;
    const { variances, maxLogScale, scoreActivation, deltaOrder } = this.#manifest;
    const [x, y] = deltaOrder === 'xywh' ? [0, 1] : [1, 0];
    const [varianceX, varianceY, varianceWidth, varianceHeight] = variances;
    const scoreOf = activations[scoreActivation];

    return {
      screen: (threshold) => scores.reach(threshold, scoreOf),
      scores: scores.scoresFrom(Number.NEGATIVE_INFINITY, scoreOf),
      scoresFrom: (threshold) => scores.scoresFrom(threshold, scoreOf),
      box(location, target, offset) {
        const anchor = 4 * location;
        const width = boxes[anchor + 2]!;
        const height = boxes[anchor + 3]!;
        const centreX = boxes[anchor]! + varianceX * deltas.at(location, x) * width;
        const centreY = boxes[anchor + 1]! + varianceY * deltas.at(location, y) * height;
        const logWidth = Math.min(varianceWidth * deltas.at(location, 2 + x), maxLogScale);
        const logHeight = Math.min(varianceHeight * deltas.at(location, 2 + y), maxLogScale);
        const halfWidth = (Math.exp(logWidth) * width) / 2;
        const halfHeight = (Math.exp(logHeight) * height) / 2;
        target[offset] = centreX - halfWidth;
        target[offset + 1] = centreY - halfHeight;
        target[offset + 2] = centreX + halfWidth;
        target[offset + 3] = centreY + halfHeight;
      },
    };
  }
}
