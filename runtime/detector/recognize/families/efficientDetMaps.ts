import { type Graph, intAttribute, type Node, producers } from '../../../graph/graph.js';
import { imageNetRgb, postprocessOf } from '../conventions.js';
import type { GraphFacts } from '../facts.js';
import { classesText } from '../plural.js';
import type { FamilyMatch, InputConvention } from '../recognition.js';
import { type LevelPair, levelPairs } from './levelPairs.js';

/** Width and height of a cell's anchors of one scale, in units of their size. */
const ratios = [1, [1.4, 0.7], [0.7, 1.4]];
const scales = [1, 2 ** (1 / 3), 2 ** (2 / 3)];

/**
 * EfficientDet's maps: RetinaNet's, predicted by separable convolutions, with box deltas of y before x and anchors of their own.
 *
 * Source: arXiv 1911.09070; github.com/rwightman/efficientdet-pytorch, `effdet/anchors.py`, `effdet/config/model_config.py`.
 */
export function efficientDetMaps(facts: GraphFacts): FamilyMatch | undefined {
  const levels = levelPairs(facts);
  const [first] = levels ?? [];
  if (levels === undefined || first?.anchors !== ratios.length * scales.length) return undefined;
  const outputs = levels.flatMap(({ scores, deltas }) => [scores, deltas]);
  if (!outputs.every(({ dims, tail }) => dims.length === 4 && isSeparable(tail.convs, facts.graph)))
    return undefined;
  const { numClasses } = first;
  const levelsOf = levels.map((level) => anchorsOf(level, facts));
  const input = inputOf(facts.graph);
  return {
    family: 'EfficientDet',
    evidence: `${levels.length} pairs of scores and deltas by separable convolutions, nine anchors per cell, ${classesText(numClasses)}`,
    numClasses,
    head: {
      type: 'retinanet',
      scoreActivation: first.scores.tail.ops.has('Sigmoid') ? 'none' : 'sigmoid',
      levels: levelsOf,
      anchorOrder: 'size-ratio',
      deltaOrder: 'yxhw',
      outputs: {
        scores: levels.map(({ scores }) => scores.name),
        deltas: levels.map(({ deltas }) => deltas.name),
      },
    },
    input,
    postprocess: postprocessOf(0.5),
    guesses: [
      ...(['color', 'mean', 'std', 'resize'] as const).map((key) => ({
        key: `input.${key}`,
        value: input[key],
        why: 'as effdet trains it; without SiLUs it is taken for a lite one',
      })),
      { key: 'head.levels', value: levelsOf, why: 'its anchors unless they were fitted to a data set' },
    ],
  };
}

/** Whether each convolution reads a depthwise one directly. */
function isSeparable(convs: readonly Node[], graph: Graph): boolean {
  const makers = producers(graph);
  return convs.every(({ inputs }) => {
    const before = makers.get(inputs[0]!);
    return before?.opType === 'Conv' && intAttribute(before, 'group', 1) > 1;
  });
}

/** A level's stride is the size of the picture by that of the map, whole or not. */
function anchorsOf({ scores }: LevelPair, { input, graph }: GraphFacts) {
  const stride = input.height / scores.dims[2]!;
  return {
    stride: Math.round(stride),
    sizes: scales.map((scale) => (isLite(graph) ? 3 : 4) * stride * scale),
    ratios,
  };
}

/** The lite ones have ReLU6 where the others have SiLU. */
function isLite({ nodes }: Graph): boolean {
  return !nodes.some(({ opType }) => opType === 'Sigmoid');
}

function inputOf(graph: Graph): InputConvention {
  const padded = { resize: 'letterbox-top-left', padValue: 116 } as const;
  if (!isLite(graph)) return { ...imageNetRgb, ...padded };
  return {
    ...imageNetRgb,
    ...padded,
    mean: [127.5, 127.5, 127.5],
    std: [127.5, 127.5, 127.5],
    padValue: 128,
  };
}
