import type { Graph, Node } from '../../../graph/graph.js';
import { elementCount } from '../../../graph/tensor.js';
import { fixedDims, tensorTypes } from '../../../graph/tensorTypes.js';
import { bytesBgr, postprocessOf } from '../conventions.js';
import type { GraphFacts } from '../facts.js';
import { classesText } from '../plural.js';
import { strideOfMap } from '../pyramid.js';
import type { FamilyMatch, Guess, Missing } from '../recognition.js';

/**
 * SSD before its decoding: deltas `[1, 4 N]` or `[1, N, 4]` and probabilities `[1, N (C + 1)]` or `[1, N, C + 1]` after a
 * softmax. The maps that they come from tell how many priors a cell has; the priors' sizes are not in the file.
 *
 * Source: arXiv 1512.02325, section 2.2; OpenVINO's PriorBoxClustered.
 */
export function ssd({ graph, outputs, input }: GraphFacts): FamilyMatch | undefined {
  if (outputs.length !== 2) return undefined;
  const scores = outputs.find(({ tail }) => tail.ops.has('Softmax'));
  const boxes = outputs.find(({ tail }) => tail.ops.size > 0 && !tail.ops.has('Softmax'));
  if (scores === undefined || boxes === undefined) return undefined;
  const priors = elementCount(boxes.dims) / 4;
  const numClasses = elementCount(scores.dims) / priors - 1;
  const maps = boxes.tail.convs.map((conv) => mapOf(graph, conv));
  const levels = maps.flatMap((map) => (map ? [levelOf(map, input)] : []));
  const counted = levels.reduce((sum, { rows, columns, perCell }) => sum + rows * columns * perCell, 0);
  if (!Number.isInteger(numClasses) || numClasses < 1 || counted !== priors) return undefined;
  return {
    family: 'SSD',
    evidence: `${boxes.name} and ${scores.name} are deltas and a softmax over ${classesText(numClasses)} and the background, of ${priors} priors on maps of ${levels.map(({ rows, columns }) => `${rows} x ${columns}`).join(', ')}`,
    numClasses,
    head: {
      type: 'ssd',
      variances: [0.1, 0.1, 0.2, 0.2],
      background: 0,
      priors: levels.map(({ rows, columns, step }) => ({ featureMap: [rows, columns], step, offset: 0.5 })),
      outputs: { boxes: boxes.name, scores: scores.name },
    },
    input: bytesBgr,
    postprocess: postprocessOf(0.45),
    guesses: guesses(levels, { scalesItself: scalesInput(graph) }),
    missing: levels.flatMap(missingSizes),
  };
}

interface Level {
  readonly rows: number;
  readonly columns: number;
  readonly perCell: number;
  readonly step: number;
}

function mapOf(
  graph: Graph,
  conv: Node,
): readonly [channels: number, rows: number, columns: number] | undefined {
  const dims = fixedDims(tensorTypes(graph).get(conv.outputs[0]!));
  return dims?.length === 4 ? [dims[1]!, dims[2]!, dims[3]!] : undefined;
}

function levelOf(
  [channels, rows, columns]: readonly [number, number, number],
  input: GraphFacts['input'],
): Level {
  const step = strideOfMap([rows, columns], input) ?? input.height / rows;
  return { rows, columns, perCell: channels / 4, step };
}

function missingSizes({ rows, columns, perCell }: Level, level: number): Missing[] {
  return (['widths', 'heights'] as const).map((side) => ({
    key: `head.priors.${level}.${side}`,
    why: `the priors' sizes are not in the file: give ${perCell} ${side} in input pixels, those of the ${perCell} priors in each cell of the ${rows} x ${columns} map, in order`,
    example: `[${Array.from({ length: Math.min(perCell, 3) }, (_, i) => 10 * (i + 1)).join(',')}${perCell > 3 ? ',...' : ''}]`,
  }));
}

/** Whether the graph scales the picture before the first convolution, so that it takes bytes. */
function scalesInput(graph: Graph): boolean {
  const first = graph.nodes.findIndex(({ opType }) => opType === 'Conv');
  return graph.nodes.slice(0, first).some(({ opType }) => opType === 'Mul' || opType === 'Div');
}

function guesses(levels: readonly Level[], { scalesItself }: { readonly scalesItself: boolean }): Guess[] {
  const scaled = scalesItself
    ? 'the network scales its input itself, so it takes bytes'
    : 'Caffe and OpenVINO models take bytes, less a mean that is often 127.5 or [104, 117, 123]';
  const prior = 'usual for SSD, not in the file';
  return [
    { key: 'input.color', value: bytesBgr.color, why: 'usual for Caffe and OpenVINO models' },
    { key: 'input.mean', value: bytesBgr.mean, why: scaled },
    { key: 'input.std', value: bytesBgr.std, why: scaled },
    { key: 'input.resize', value: bytesBgr.resize, why: 'SSD stretches pictures' },
    { key: 'head.variances', value: [0.1, 0.1, 0.2, 0.2], why: prior },
    { key: 'head.background', value: 0, why: prior },
    ...levels.map((_, level) => ({ key: `head.priors.${level}.offset`, value: 0.5, why: prior })),
  ];
}
