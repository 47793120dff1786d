import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import type { LocationValues } from './locationValues.js';
import type { OutputSlot, SlottedHead } from './outputSlot.js';
import { rowValues } from './rowValues.js';
import { scaledScores } from './scaledScores.js';
import { type ValueRows, valueRows } from './valueRows.js';

type DecodedManifest = Extract<HeadManifest, { type: 'yolov8' | 'yolov5' }>;

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
  readonly #boxes: LocationValues;
  readonly #scores: LocationValues;
  readonly #objectness: LocationValues | undefined;

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
      this.numLocations = rows.numLocations;
      this.#boxes = partOf(rows, 0, 4);
      this.#scores = partOf(rows, before, numClasses);
      this.#objectness = manifest.type === 'yolov5' ? partOf(rows, 4, 1) : undefined;
    } else {
      const boxes = valueRows({ key: 'head.outputs.boxes', name: outputs.boxes }, [4], graph);
      const scores = valueRows({ key: 'head.outputs.scores', name: outputs.scores }, [numClasses], graph);
      assertSameLocations(boxes, scores);
      this.slots = [boxes.slot, scores.slot];
      this.numLocations = boxes.numLocations;
      this.#boxes = partOf(boxes, 0, 4);
      this.#scores = partOf(scores, 0, numClasses);
      this.#objectness = undefined;
    }
    this.outputs = this.slots.map(({ name }) => name);
  }

  read(outputs: TensorMap): LocationReader {
    const boxes = this.#boxes.in(outputs);
    const scores = this.#scores.in(outputs);
    const objectness = this.#objectness?.in(outputs);
    const { numClasses } = this;
    const corners = this.#boxFormat === 'xyxy';
    const [scaleX, scaleY] = this.#scale;

    const scoresFrom = (threshold: number) => {
      const write = scores.scoresFrom(threshold);
      return objectness ? scaledScores(write, numClasses, (location) => objectness.at(location, 0)) : write;
    };
    return {
      screen: (threshold) => (objectness ?? scores).reach(threshold),
      scores: scoresFrom(Number.NEGATIVE_INFINITY),
      scoresFrom,
      box(location, target, offset) {
        const [a, b] = [boxes.at(location, 0), boxes.at(location, 1)];
        const [c, d] = [boxes.at(location, 2), boxes.at(location, 3)];
        target[offset] = (corners ? a : a - c / 2) * scaleX;
        target[offset + 1] = (corners ? b : b - d / 2) * scaleY;
        target[offset + 2] = (corners ? c : a + c / 2) * scaleX;
        target[offset + 3] = (corners ? d : b + d / 2) * scaleY;
      },
    };
  }
}

function partOf(
  { slot, numLocations, locationStep, valueStep }: ValueRows,
  first: number,
  count: number,
): LocationValues {
  return rowValues(slot, { numLocations, first, count, locationStep, valueStep });
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
