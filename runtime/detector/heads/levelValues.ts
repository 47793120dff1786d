import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { LocationValues } from './locationValues.js';
import { graphOutput, mismatch, type OutputSlot } from './outputSlot.js';

/** The locations of a pyramid, one after the other: levels in order, cells, then the cell's anchors. */
export interface LevelGrid {
  /** `[numLevels]` number of cells. */
  readonly cells: readonly number[];
  /** `[numLevels]` number of locations in one cell. */
  readonly anchors: readonly number[];
}

/** One kind of value that a head has, as one tensor per level. */
export interface LevelPart {
  /** The manifest's key below `head.outputs`. */
  readonly key: string;
  readonly names: readonly string[];
  /** Number of values of one location. */
  readonly values: number;
}

/**
 * Returns values of locations in one tensor per level: maps `[1, anchors * values, rows, columns]`, channel = anchor * values +
 * value, or rows `[1, cells * anchors, values]`. Which of the two, the graph's declaration says.
 *
 * @throws AgentError `manifest_invalid` when there is not one tensor per level, `manifest_model_mismatch`
 */
export function levelValues(part: LevelPart, grid: LevelGrid, graph: Pick<Graph, 'outputs'>): LocationValues {
  assertOnePerLevel(part, grid);
  const levels = grid.cells.map((cells, level) => {
    const slot = { key: `head.outputs.${part.key}.${level}`, name: part.names[level]! };
    return levelOf(slot, { cells, anchors: grid.anchors[level]!, values: part.values }, graph);
  });
  const places = {
    tensors: Uint8Array.from(levels.flatMap(({ starts }, level) => starts.map(() => level))),
    starts: Uint32Array.from(levels.flatMap(({ starts }) => starts)),
    steps: levels.map(({ step }) => step),
  };
  return new LocationValues(
    levels.map(({ slot }) => slot),
    { ...places, count: part.values },
  );
}

interface LevelSize {
  readonly cells: number;
  readonly anchors: number;
  readonly values: number;
}

function levelOf(
  port: Pick<OutputSlot, 'key' | 'name'>,
  { cells, anchors, values }: LevelSize,
  graph: Pick<Graph, 'outputs'>,
): { readonly slot: OutputSlot; readonly step: number; readonly starts: number[] } {
  const { dims } = graphOutput(port, graph);
  const mayBe = (dim: number | string | null | undefined, size: number) =>
    typeof dim !== 'number' || dim === size;
  const isMap = dims.length === 4 && mayBe(dims[1], anchors * values);
  const shape =
    dims.length === 4
      ? `[1, ${anchors * values}, rows, columns] of ${cells} cells`
      : `[1, ${cells * anchors}, ${values}]`;
  // Rows may have more dimensions of 1 in front, or none.
  if (!isMap && (dims.length < 2 || !mayBe(dims.at(-1), values))) {
    throw mismatch(port, shape, `[${dims.join(', ')}]`);
  }
  const starts: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    for (let anchor = 0; anchor < anchors; anchor++) {
      starts.push(isMap ? anchor * values * cells + cell : (cell * anchors + anchor) * values);
    }
  }
  return { slot: { ...port, length: cells * anchors * values, shape }, step: isMap ? cells : 1, starts };
}

function assertOnePerLevel({ key, names }: LevelPart, { cells }: LevelGrid): void {
  if (names.length === cells.length) return;
  const expected = `${cells.length} tensors, one per level`;
  const where = `head.outputs.${key}`;
  throw new AgentError(
    'manifest_invalid',
    `manifest key ${where}: expected ${expected}, got ${names.length}`,
    {
      detail: { where, expected, got: names.length },
    },
  );
}
