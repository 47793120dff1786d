import type { GraphFacts, OutputFacts } from '../facts.js';
import { strideOfLevel, strideOfMap } from '../pyramid.js';

/** One level of a head with scores and four values per anchor as separate outputs. */
export interface LevelPair {
  readonly stride: number;
  readonly anchors: number;
  readonly scores: OutputFacts;
  readonly deltas: OutputFacts;
  readonly centerness: OutputFacts | undefined;
  readonly numClasses: number;
}

/**
 * Returns the levels, finest first, of outputs that are maps `[1, A C, h, w]` and `[1, 4 A, h, w]`, with or without
 * `[1, 1, h, w]`, per level; or rows `[1, n, C]` and `[1, n, 4]`. Returns undefined for other outputs.
 */
export function levelPairs({ outputs, input }: GraphFacts): readonly LevelPair[] | undefined {
  const isMap = outputs.every(({ dims }) => dims.length === 4);
  const isRows = outputs.every(({ dims }) => dims.length === 3);
  if (!isMap && !isRows) return undefined;
  const sizeOf = ({ dims }: OutputFacts) => (isMap ? dims.slice(2).join('x') : String(dims[1]));
  const sizes = [...new Set(outputs.map(sizeOf))];
  const groups = sizes.map((size) => outputs.filter((output) => sizeOf(output) === size));
  const levels = groups.map((group) => (isMap ? mapPair(group, input) : rowPair(group, input)));
  if (levels.length === 0 || !levels.every((level) => level !== undefined)) return undefined;
  const [first] = levels as [LevelPair];
  const alike = levels.every(
    ({ numClasses, anchors, centerness }) =>
      numClasses === first.numClasses && anchors === first.anchors && !centerness === !first.centerness,
  );
  return alike ? levels.toSorted((a, b) => a.stride - b.stride) : undefined;
}

function mapPair(group: readonly OutputFacts[], input: GraphFacts['input']): LevelPair | undefined {
  const stride = strideOfMap([group[0]!.dims[2]!, group[0]!.dims[3]!], input);
  const channels = (output: OutputFacts) => output.dims[1]!;
  const centerness = group.length === 3 ? group.find((output) => channels(output) === 1) : undefined;
  const [a, b, ...more] = group.filter((output) => output !== centerness);
  if (stride === undefined || a === undefined || b === undefined || more.length > 0) return undefined;
  // Which of two is the boxes: the one whose name says so, else the second, as exporters write.
  const deltas =
    [b, a].find((output) => boxName.test(output.name)) ?? (channels(a) === 4 && channels(b) !== 4 ? a : b);
  const scores = deltas === a ? b : a;
  const anchors = channels(deltas) / 4;
  const numClasses = channels(scores) / anchors;
  if (!Number.isInteger(anchors) || !Number.isInteger(numClasses)) return undefined;
  return { stride, anchors, scores, deltas, centerness, numClasses };
}

const boxName = /box|reg|delta|loc|dist/i;

function rowPair(group: readonly OutputFacts[], input: GraphFacts['input']): LevelPair | undefined {
  const width = ({ dims }: OutputFacts) => dims[2]!;
  const centerness = group.length === 3 ? group.find((output) => width(output) === 1) : undefined;
  const rest = group.filter((output) => output !== centerness);
  const deltas = rest
    .filter((output) => width(output) === 4)
    .find((output, _, all) => all.length === 1 || boxName.test(output.name));
  const scores = rest.find((output) => output !== deltas);
  if (rest.length !== 2 || deltas === undefined || scores === undefined) return undefined;
  const count = deltas.dims[1]!;
  for (const anchors of [1, 9, 6, 3, 12, 15]) {
    const stride = strideOfLevel(count / anchors, input);
    if (stride !== undefined)
      return { stride, anchors, scores, deltas, centerness, numClasses: width(scores) };
  }
  return undefined;
}
