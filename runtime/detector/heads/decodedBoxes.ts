import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import { anyReaches } from './anyReaches.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { type OutputSlot, type SlottedHead, slotData } from './outputSlot.js';
import { type ValueRows, valueRows } from './valueRows.js';

type DecodedManifest = Extract<HeadManifest, { type: 'yolov8' | 'yolov5' }>;

/** Which of a tensor's values a part is. */
interface Part {
  readonly rows: ValueRows;
  readonly first: number;
}

/**
 * Boxes that the network has decoded, and probabilities.
 *
 * - `yolov8`: a location holds `[box, classes...]`, packed as `[1, 4 + numClasses, N]` or transposed, or in two tensors
 *   `boxes` and `scores`; score = class.
 * - `yolov5`: `[box, objectness, classes...]`, packed as `[1, N, 5 + numClasses]` or transposed;
 *   score = objectness * class.
 *
 * Boxes are centre, width and height, or two corners, as `boxFormat` says, in pixels or in fractions of the input.
 */
export class DecodedBoxesHead implements SlottedHead {
  readonly slots: readonly OutputSlot[];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #boxFormat: DecodedManifest['boxFormat'];
  readonly #scale: readonly [x: number, y: number];
  readonly #boxes: Part;
  readonly #scores: Part;
  readonly #objectness: Part | undefined;

  /** @param graph tells the number of locations and how they lie */
  constructor(manifest: DecodedManifest, shape: HeadShape, graph: Pick<Graph, 'outputs'>) {
    const { outputs } = manifest;
    const { numClasses, inputWidth, inputHeight } = shape;
    this.#scale = manifest.boxUnit === 'fraction' ? [inputWidth, inputHeight] : [1, 1];
    this.numClasses = numClasses;
    this.#boxFormat = manifest.boxFormat;
    if ('packed' in outputs) {
      const before = manifest.type === 'yolov5' ? 5 : 4;
      const port = { key: 'head.outputs.packed', name: outputs.packed };
      const rows = valueRows(port, [before + numClasses], graph);
      this.slots = [rows.slot];
      this.#boxes = { rows, first: 0 };
      this.#scores = { rows, first: before };
      this.#objectness = manifest.type === 'yolov5' ? { rows, first: 4 } : undefined;
    } else {
      const boxes = valueRows({ key: 'head.outputs.boxes', name: outputs.boxes }, [4], graph);
      const scores = valueRows({ key: 'head.outputs.scores', name: outputs.scores }, [numClasses], graph);
      assertSameLocations(boxes, scores);
      this.slots = [boxes.slot, scores.slot];
      this.#boxes = { rows: boxes, first: 0 };
      this.#scores = { rows: scores, first: 0 };
      this.#objectness = undefined;
    }
    this.numLocations = this.#boxes.rows.numLocations;
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const boxes = partData(this.#boxes, outputs);
    const scores = partData(this.#scores, outputs);
    const objectness = this.#objectness && partData(this.#objectness, outputs);
    const { numClasses } = this;
    const corners = this.#boxFormat === 'xyxy';
    const [scaleX, scaleY] = this.#scale;

    return {
      screen: (threshold) => (location) => {
        if (objectness) {
          return !(objectness.data[objectness.first + location * objectness.locationStep]! < threshold);
        }
        const start = scores.first + location * scores.locationStep;
        return anyReaches(scores.data, threshold, { start, count: numClasses, step: scores.valueStep });
      },
      scores(location, target, offset) {
        const factor = objectness
          ? objectness.data[objectness.first + location * objectness.locationStep]!
          : 1;
        let at = scores.first + location * scores.locationStep;
        for (let c = 0; c < numClasses; c++, at += scores.valueStep) {
          target[offset + c] = factor * scores.data[at]!;
        }
      },
      box(location, target, offset) {
        const { data, valueStep } = boxes;
        const at = boxes.first + location * boxes.locationStep;
        const [a, b] = [data[at]!, data[at + valueStep]!];
        const [c, d] = [data[at + 2 * valueStep]!, data[at + 3 * valueStep]!];
        target[offset] = (corners ? a : a - c / 2) * scaleX;
        target[offset + 1] = (corners ? b : b - d / 2) * scaleY;
        target[offset + 2] = (corners ? c : a + c / 2) * scaleX;
        target[offset + 3] = (corners ? d : b + d / 2) * scaleY;
      },
    };
  }
}

function partData({ rows, first }: Part, outputs: TensorMap) {
  const { slot, locationStep, valueStep } = rows;
  return { data: slotData(slot, outputs), first: first * valueStep, locationStep, valueStep };
}

function assertSameLocations(boxes: ValueRows, scores: ValueRows): void {
  if (boxes.numLocations === scores.numLocations) return;
  const expected = `${boxes.numLocations} locations, as ${boxes.slot.name} has`;
  throw new AgentError(
    'manifest_model_mismatch',
    `manifest key ${scores.slot.key} (tensor ${scores.slot.name}): expected ${expected}, got ${scores.numLocations}`,
    { detail: { where: scores.slot.key, expected, got: scores.numLocations } },
  );
}
