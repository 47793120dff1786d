import { postprocessOf, yoloxBytes, yoloxNormalised } from '../conventions.js';
import type { GraphFacts } from '../facts.js';
import { medianFilterWeight } from '../firstConv.js';
import { stridesOf } from '../pyramid.js';
import type { FamilyMatch, Guess, InputConvention } from '../recognition.js';
import { decodes } from '../tail.js';

/**
 * YOLOX as it exports by default: one tensor `[1, N, 5 + C]`, N the cells of three or four levels, boxes not decoded.
 *
 * Source: github.com/Megvii-BaseDetection/YOLOX, `tools/export_onnx.py`, `yolox/models/yolo_head.py`.
 */
export function yolox(facts: GraphFacts): FamilyMatch | undefined {
  const [output, ...others] = facts.outputs;
  if (output === undefined || others.length > 0 || output.dims.length !== 3) return undefined;
  const [, count = 0, width = 0] = output.dims;
  const strides = stridesOf(count, facts.input);
  if (strides === undefined || width < 6 || decodes(output.tail)) return undefined;
  // Two kinds of sigmoid, objectness and classes, join boxes without one; NanoDet's has more convolutions' parts split.
  if (!output.tail.ops.has('Sigmoid') || output.tail.convs.length !== 3 * strides.length) return undefined;
  const { input, guesses } = yoloxInput(facts);
  return {
    family: 'YOLOX',
    evidence: `${output.name} is [${output.dims.join(', ')}]: boxes that are not decoded, objectness and classes of the ${count} cells of strides ${strides.join(', ')}`,
    numClasses: width - 5,
    head: { type: 'yolox', strides, outputs: { packed: output.name } },
    input,
    postprocess: postprocessOf(0.65),
    guesses,
  };
}

/** Between the first filters of networks that see bytes and of those that see numbers about 1, on a log scale. */
const weightOfBytes = 2;

/** Returns how YOLOX sees pictures: as bytes, or normalised as before version 0.1.1. */
export function yoloxInput({ graph }: GraphFacts): {
  readonly input: InputConvention;
  readonly guesses: readonly Guess[];
} {
  const weight = medianFilterWeight(graph);
  const bytes = weight === undefined || weight < weightOfBytes;
  const input = bytes ? yoloxBytes : yoloxNormalised;
  const measured =
    weight === undefined ? '' : `the first filters weigh ${weight.toPrecision(2)} (median), as `;
  const why = bytes
    ? `${measured}YOLOX since 0.1.1 takes bytes as OpenCV reads them`
    : `${measured}YOLOX before 0.1.1 took RGB less ImageNet's mean`;
  const keys = ['color', 'mean', 'std'] as const;
  return { input, guesses: keys.map((key) => ({ key: `input.${key}`, value: input[key], why })) };
}
