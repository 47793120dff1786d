import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { type OutputSlot, type SlottedHead, slotData } from './outputSlot.js';
import { type ValueRows, valueRows } from './valueRows.js';

type DetectionsManifest = Extract<HeadManifest, { type: 'detections' }>;

const corners = ['x1', 'y1', 'x2', 'y2'] as const;
const centreAndSize = ['cx', 'cy', 'w', 'h'] as const;

/**
 * Finished detections, for networks that end in a suppression of their own or need none: `packed` is
 * `[1, N, columns]`, each row a box (two corners, or centre and size), its score and its class, in the manifest's order. Rows of score 0 or of no
 * known class are none. N is fixed; a location is a row.
 */
export class DetectionsHead implements SlottedHead {
  readonly slots: readonly OutputSlot[];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #rows: ValueRows;
  readonly #columns: Columns;
  readonly #scale: readonly [x: number, y: number];

  constructor(manifest: DetectionsManifest, shape: HeadShape, graph: Pick<Graph, 'outputs'>) {
    const port = { key: 'head.outputs.packed', name: manifest.outputs.packed };
    this.#columns = columnIndices(manifest);
    this.#rows = valueRows(port, [manifest.columns.length], graph);
    const { inputWidth, inputHeight, numClasses } = shape;
    this.#scale = manifest.boxUnit === 'fraction' ? [inputWidth, inputHeight] : [1, 1];
    this.numClasses = numClasses;
    this.numLocations = this.#rows.numLocations;
    this.slots = [this.#rows.slot];
    this.outputs = [manifest.outputs.packed];
  }

  read(outputs: TensorMap): LocationReader {
    const data = slotData(this.#rows.slot, outputs);
    const { locationStep, valueStep } = this.#rows;
    const columns = this.#columns;
    const [scaleX, scaleY] = this.#scale;
    const { numClasses } = this;
    const at = (location: number, column: number) => data[location * locationStep + column * valueStep]!;

    return {
      screen: (threshold) => (location) => !(at(location, columns.score) < threshold),
      scores(location, target, offset) {
        target.fill(0, offset, offset + numClasses);
        const classId = at(location, columns.class);
        if (classId >= 0 && classId < numClasses) {
          target[offset + Math.floor(classId)] = at(location, columns.score);
        }
      },
      box(location, target, offset) {
        const [a, b, c, d] = columns.box;
        const [first, second] = [at(location, a), at(location, b)];
        const [third, fourth] = [at(location, c), at(location, d)];
        target[offset] = (columns.isCentred ? first - third / 2 : first) * scaleX;
        target[offset + 1] = (columns.isCentred ? second - fourth / 2 : second) * scaleY;
        target[offset + 2] = (columns.isCentred ? first + third / 2 : third) * scaleX;
        target[offset + 3] = (columns.isCentred ? second + fourth / 2 : fourth) * scaleY;
      },
    };
  }
}

/** Where each value is in a row. */
interface Columns {
  readonly box: readonly [number, number, number, number];
  readonly isCentred: boolean;
  readonly score: number;
  readonly class: number;
}

function columnIndices({ columns }: DetectionsManifest): Columns {
  const isCentred = columns.includes('cx');
  const names = [...(isCentred ? centreAndSize : corners), 'score', 'class'] as const;
  const missing = names.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    const expected = `${corners.join(', ')} (or ${centreAndSize.join(', ')}), score and class among them`;
    throw new AgentError(
      'manifest_invalid',
      `manifest key head.columns: expected ${expected}, got none for ${missing.join(', ')}`,
      { detail: { where: 'head.columns', expected, got: columns } },
    );
  }
  const [a, b, c, d, score, classId] = names.map((name) => columns.indexOf(name)) as [
    ...Columns['box'],
    number,
    number,
  ];
  return { box: [a, b, c, d], isCentred, score, class: classId };
}
