import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { leastRaw } from './leastRaw.js';
import { graphOutput, mismatch, type OutputSlot, type SlottedHead, slotData } from './outputSlot.js';
import { sigmoid } from './sigmoid.js';

type Yolov3Manifest = Extract<HeadManifest, { type: 'yolov3' }>;

interface MapSize {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Anchor-based YOLO (v3, v4, Fastest): raw maps `[1, numAnchors * (5 + numClasses), rows, columns]`, an anchor's
 * channels being `[tx, ty, tw, th, objectness, classes...]`. Locations run over maps, anchors, rows, columns.
 *
 * centre = (sigmoid(t) * scaleXY - (scaleXY - 1) / 2 + cell) * stride, size = exp(t) * anchor,
 * score = sigmoid(objectness) * sigmoid(class), stride = input size / map size along each axis.
 *
 * Source: Redmon and Farhadi, "YOLOv3" (arXiv 1804.02767), section 2.1; scaleXY: Bochkovskiy et al., "YOLOv4"
 * (arXiv 2004.10934), "eliminate grid sensitivity".
 */
export class Yolov3Head implements SlottedHead {
  readonly slots: readonly OutputSlot[];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #manifest: Yolov3Manifest;
  readonly #shape: HeadShape;
  readonly #maps: readonly MapSize[];

  /** @param graph the maps' sizes are read from its outputs, as the manifest does not give them */
  constructor(manifest: Yolov3Manifest, shape: HeadShape, graph: Pick<Graph, 'outputs'>) {
    this.#manifest = manifest;
    this.#shape = shape;
    this.numClasses = shape.numClasses;
    this.outputs = manifest.outputs.maps;
    assertAnchorsPerMap(manifest);
    this.#maps = this.outputs.map((name, i) => mapSize({ key: `head.outputs.maps.${i}`, name }, graph));
    this.slots = this.#maps.map(({ rows, columns }, i) => {
      const channels = manifest.anchors[i]!.length * (5 + this.numClasses);
      return {
        key: `head.outputs.maps.${i}`,
        name: this.outputs[i]!,
        length: channels * rows * columns,
        shape: `[1, ${channels}, ${rows}, ${columns}]`,
      };
    });
    this.numLocations = this.#maps.reduce(
      (sum, { rows, columns }, i) => sum + rows * columns * manifest.anchors[i]!.length,
      0,
    );
  }

  read(outputs: TensorMap): LocationReader {
    const { numClasses, numLocations } = this;
    const { scaleXY } = this.#manifest;
    const anchors = this.#anchorPlanes(outputs);
    const anchorOf = new Uint16Array(numLocations);
    for (const [index, { first, cells }] of anchors.entries()) anchorOf.fill(index, first, first + cells);
    const shift = (scaleXY - 1) / 2;

    return {
      screen(threshold) {
        const least = leastRaw(sigmoid, threshold);
        return (location) => {
          const { data, first, start, cells } = anchors[anchorOf[location]!]!;
          return !(data[start + 4 * cells + location - first]! < least);
        };
      },
      scores(location, target, offset) {
        const { data, first, start, cells } = anchors[anchorOf[location]!]!;
        let at = start + 4 * cells + location - first;
        const objectness = sigmoid(data[at]!);
        for (let c = 0; c < numClasses; c++) {
          at += cells;
          target[offset + c] = objectness * sigmoid(data[at]!);
        }
      },
      box(location, target, offset) {
        const plane = anchors[anchorOf[location]!]!;
        const { data, cells } = plane;
        const cell = location - plane.first;
        const at = plane.start + cell;
        const column = cell % plane.columns;
        const row = (cell - column) / plane.columns;
        const centreX = (sigmoid(data[at]!) * scaleXY - shift + column) * plane.strideX;
        const centreY = (sigmoid(data[at + cells]!) * scaleXY - shift + row) * plane.strideY;
        const halfWidth = (Math.exp(data[at + 2 * cells]!) * plane.width) / 2;
        const halfHeight = (Math.exp(data[at + 3 * cells]!) * plane.height) / 2;
        target[offset] = centreX - halfWidth;
        target[offset + 1] = centreY - halfHeight;
        target[offset + 2] = centreX + halfWidth;
        target[offset + 3] = centreY + halfHeight;
      },
    };
  }

  /** One entry per (map, anchor): its locations are `first .. first + cells`, its channels start at `start`. */
  #anchorPlanes(outputs: TensorMap) {
    let first = 0;
    return this.slots.flatMap((slot, i) => {
      const { rows, columns } = this.#maps[i]!;
      const cells = rows * columns;
      const data = slotData(slot, outputs);
      return this.#manifest.anchors[i]!.map(([width, height], anchor) => {
        const plane = {
          data,
          first,
          start: anchor * (5 + this.numClasses) * cells,
          cells,
          columns,
          width,
          height,
          strideX: this.#shape.inputWidth / columns,
          strideY: this.#shape.inputHeight / rows,
        };
        first += cells;
        return plane;
      });
    });
  }
}

function assertAnchorsPerMap({ anchors, outputs }: Yolov3Manifest): void {
  if (anchors.length === outputs.maps.length) return;
  const expected = `${outputs.maps.length} lists, one per map of head.outputs.maps`;
  throw new AgentError(
    'manifest_invalid',
    `manifest key head.anchors: expected ${expected}, got ${anchors.length}`,
    { detail: { where: 'head.anchors', expected, got: anchors.length } },
  );
}

function mapSize(slot: Pick<OutputSlot, 'key' | 'name'>, graph: Pick<Graph, 'outputs'>): MapSize {
  const { dims } = graphOutput(slot, graph);
  const [, , rows, columns] = dims;
  if (dims.length === 4 && typeof rows === 'number' && typeof columns === 'number') return { rows, columns };
  throw mismatch(slot, '4 dimensions with fixed height and width', `[${dims.join(', ')}]`);
}
