import type { Graph } from '../../../graph/graph.js';
import { letterboxedRgb, postprocessOf } from '../conventions.js';
import type { GraphFacts, OutputFacts } from '../facts.js';
import { stridesOf } from '../pyramid.js';
import type { FamilyMatch, Guess } from '../recognition.js';
import { decodes } from '../tail.js';
import { yoloxInput } from './yolox.js';

/**
 * Boxes that the network decodes, with objectness and classes, in one tensor `[1, N, 5 + C]`: YOLOv6 (whose objectness
 * is a constant 1), YOLOX with `decode_in_inference`, and with three anchors per cell YOLOv5 and YOLOv7.
 *
 * Source: the repositories meituan/YOLOv6, Megvii-BaseDetection/YOLOX, WongKinYiu/yolov7, each `export*.py`.
 */
export function decodedRows(facts: GraphFacts): FamilyMatch | undefined {
  const [output, ...others] = facts.outputs;
  if (output === undefined || others.length > 0 || output.dims.length !== 3) return undefined;
  const [, count = 0, width = 0] = output.dims;
  if (width < 6 || !decodes(output.tail)) return undefined;
  const strides = [1, 3].map((anchors) => stridesOf(count, facts.input, anchors));
  if (strides[0] === undefined && strides[1] === undefined) return undefined;
  const kind = kindOf(facts, output, { anchors: strides[0] === undefined ? 3 : 1 });
  return {
    family: kind.family,
    evidence: `${output.name} is [1, ${count}, ${width}], decoded in the network: boxes, objectness${kind.remark} and classes of the cells of strides ${(strides[0] ?? strides[1])!.join(', ')}`,
    numClasses: width - 5,
    head: { type: 'yolov5', boxFormat: 'xywh', outputs: { packed: output.name } },
    input: kind.input,
    postprocess: postprocessOf(0.65),
    guesses: kind.guesses,
  };
}

function kindOf(
  facts: GraphFacts,
  output: OutputFacts,
  { anchors }: { readonly anchors: number },
): Pick<FamilyMatch, 'family' | 'input' | 'guesses'> & { readonly remark: string } {
  const letterboxed = (family: string): readonly Guess[] =>
    (['color', 'mean', 'std', 'resize'] as const).map((key) => ({
      key: `input.${key}`,
      value: letterboxedRgb[key],
      why: `${family} is trained so`,
    }));
  const isConstant = constantOnes(facts.graph, output);
  if (isConstant) {
    const family = 'YOLOv6';
    return { family, input: letterboxedRgb, guesses: letterboxed(family), remark: ' (a constant 1)' };
  }
  if (anchors === 3) {
    const family = 'YOLOv5 or YOLOv7';
    return {
      family,
      input: letterboxedRgb,
      guesses: letterboxed(family),
      remark: ', three anchors per cell,',
    };
  }
  return { family: 'YOLOX, decoded in the network', remark: '', ...yoloxInput(facts) };
}

/** Whether a constant tensor of ones is joined into the output. */
function constantOnes(graph: Graph, { tail }: OutputFacts): boolean {
  return tail.nodes.some(
    ({ opType, inputs }) =>
      opType === 'Concat' &&
      inputs.some((name) => {
        const data = graph.initializers.get(name)?.data;
        return data instanceof Float32Array && data.length > 0 && data.every((value) => value === 1);
      }),
  );
}
