import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { HeadManifest } from '../manifest.js';
import type { LocationReader } from './head.js';
import type { HeadShape } from './headShape.js';
import { type OutputSlot, type SlottedHead, slotData } from './outputSlot.js';
import { type ValueRows, valueRows } from './valueRows.js';

type DetectionsManifest = Extract<HeadManifest, { type: 'detections' }>;

const required = ['x1', 'y1', 'x2', 'y2', 'score', 'class'] as const;

/**
 * Finished detections, for networks that end in a suppression of their own or need none: `packed` is
 * `[1, N, columns]`, each row a box, its score and its class, in the manifest's order. Rows of score 0 or of no
 * known class are none. N is fixed; a location is a row.
 */
export class DetectionsHead implements SlottedHead {
  readonly slots: readonly OutputSlot[];
  readonly outputs: readonly string[];
  readonly numLocations: number;
  readonly numClasses: number;
  readonly #rows: ValueRows;
  readonly #columns: Readonly<Record<(typeof required)[number], number>>;
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
      scoreBound: (location) => at(location, columns.score),
      scores(location, target, offset) {
        target.fill(0, offset, offset + numClasses);
        const classId = at(location, columns.class);
        if (classId >= 0 && classId < numClasses) {
          target[offset + Math.floor(classId)] = at(location, columns.score);
        }
      },
      box(location, target, offset) {
        target[offset] = at(location, columns.x1) * scaleX;
        target[offset + 1] = at(location, columns.y1) * scaleY;
        target[offset + 2] = at(location, columns.x2) * scaleX;
        target[offset + 3] = at(location, columns.y2) * scaleY;
      },
    };
  }
}

function columnIndices({ columns }: DetectionsManifest) {
  const entries = required.map((name) => [name, columns.indexOf(name)] as const);
  const missing = entries.filter(([, index]) => index < 0).map(([name]) => name);
  if (missing.length === 0) return Object.fromEntries(entries) as Record<(typeof required)[number], number>;
  throw new AgentError(
    'manifest_invalid',
    `manifest key head.columns: expected ${required.join(', ')} among them, got none for ${missing.join(', ')}`,
    { detail: { where: 'head.columns', expected: required, got: columns } },
  );
}
