import { sigmoid } from '../../activation.js';
import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { LocationValues } from './locationValues.js';
import { graphOutput, mismatch, type OutputSlot, type SlottedHead } from './outputSlot.js';
import { scaledScores } from './scaledScores.js';

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
  readonly #scaleXY: number;
  readonly #planes: readonly AnchorPlane[];
  /** `[numLocations]` */
  readonly #planeOf: Uint16Array;
  readonly #boxes: LocationValues;
  readonly #objectness: LocationValues;
  readonly #classes: LocationValues;

  /** @param graph the maps' sizes are read from its outputs, as the manifest does not give them */
  constructor(manifest: Yolov3Manifest, { numClasses, ...size }: HeadShape, graph: Pick<Graph, 'outputs'>) {
    assertAnchorsPerMap(manifest);
    this.#scaleXY = manifest.scaleXY;
    this.numClasses = numClasses;
    this.outputs = manifest.outputs.maps;
    const maps = this.outputs.map((name, i) => mapSize({ key: `head.outputs.maps.${i}`, name }, graph));
    const count = 5 + numClasses;
    this.slots = maps.map(({ rows, columns }, i) => {
      const channels = manifest.anchors[i]!.length * count;
      return {
        key: `head.outputs.maps.${i}`,
        name: this.outputs[i]!,
        length: channels * rows * columns,
        shape: `[1, ${channels}, ${rows}, ${columns}]`,
      };
    });
    this.#planes = anchorPlanes(manifest.anchors, maps, size);
    const ofPlanes = (value: (plane: AnchorPlane, index: number, cell: number) => number) =>
      this.#planes.flatMap((plane, index) =>
        Array.from({ length: plane.cells }, (_, cell) => value(plane, index, cell)),
      );
    this.#planeOf = Uint16Array.from(ofPlanes((_, index) => index));
    const tensors = Uint8Array.from(ofPlanes(({ map }) => map));
    const steps = maps.map(({ rows, columns }) => rows * columns);
    const part = (first: number, ownCount: number) =>
      new LocationValues(this.slots, {
        ...{ tensors, steps, count: ownCount },
        starts: Uint32Array.from(
          ofPlanes(({ anchor, cells }, _, cell) => (anchor * count + first) * cells + cell),
        ),
      });
    this.#boxes = part(0, 4);
    this.#objectness = part(4, 1);
    this.#classes = part(5, numClasses);
    this.numLocations = this.#planeOf.length;
  }

  read(outputs: TensorMap): LocationReader {
    const { numClasses } = this;
    const boxes = this.#boxes.in(outputs);
    const objectness = this.#objectness.in(outputs);
    const classes = this.#classes.in(outputs);
    const [planes, planeOf] = [this.#planes, this.#planeOf];
    const scale = this.#scaleXY;
    const shift = (scale - 1) / 2;

    const scoresFrom = (threshold: number) =>
      scaledScores(classes.scoresFrom(threshold, sigmoid), numClasses, (location) =>
        sigmoid(objectness.at(location, 0)),
      );
    return {
      screen: (threshold) => objectness.reach(threshold, sigmoid),
      scores: scoresFrom(Number.NEGATIVE_INFINITY),
      scoresFrom,
      box(location, target, offset) {
        const plane = planes[planeOf[location]!]!;
        const cell = location - plane.first;
        const column = cell % plane.columns;
        const row = (cell - column) / plane.columns;
        const centreX = (sigmoid(boxes.at(location, 0)) * scale - shift + column) * plane.strideX;
        const centreY = (sigmoid(boxes.at(location, 1)) * scale - shift + row) * plane.strideY;
        const halfWidth = (Math.exp(boxes.at(location, 2)) * plane.width) / 2;
        const halfHeight = (Math.exp(boxes.at(location, 3)) * plane.height) / 2;
        target[offset] = centreX - halfWidth;
        target[offset + 1] = centreY - halfHeight;
        target[offset + 2] = centreX + halfWidth;
        target[offset + 3] = centreY + halfHeight;
      },
    };
  }
}

/** The locations `first .. first + cells` of one anchor in one map. */
interface AnchorPlane {
  readonly map: number;
  /** Which of the map's. */
  readonly anchor: number;
  readonly first: number;
  readonly cells: number;
  readonly columns: number;
  /** Of the anchor, in input pixels. */
  readonly width: number;
  readonly height: number;
  /** Of a cell, in input pixels. */
  readonly strideX: number;
  readonly strideY: number;
}

function anchorPlanes(
  anchors: Yolov3Manifest['anchors'],
  maps: readonly MapSize[],
  { inputWidth, inputHeight }: Pick<HeadShape, 'inputWidth' | 'inputHeight'>,
): AnchorPlane[] {
  let first = 0;
  return maps.flatMap(({ rows, columns }, map) =>
    anchors[map]!.map(([width, height], anchor) => {
      const cells = rows * columns;
      const plane = { map, anchor, first, cells, columns, width, height };
      first += cells;
      return { ...plane, strideX: inputWidth / columns, strideY: inputHeight / rows };
    }),
  );
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
