import { intAttribute } from '../../../../graph/graph.js';
import { fail } from '../../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../../../layout/layout.js';
import { window } from '../../../layout/window.js';
import { writeConvolution } from '../../tflite/convolution.js';
import type { Operator } from '../operator.js';
import { requireConstant, requireRank } from '../requirements.js';

/** ONNX's OIHW weights as OHWI, and for a depthwise convolution as IHWO. */
const ohwi = [0, 2, 3, 1];
const ihwo = [1, 2, 3, 0];

/** A convolution of two spatial axes in NHWC, its weights constant. Groups of one channel are a depthwise convolution. */
export const conv: Operator = (context) => {
  requireRank(context, 4);
  requireConstant(context, [1, 2]);
  const { view } = context;
  const [filters = 1, perGroup = 1, ...kernel] = view.types[1]!.dims;
  const groups = intAttribute(view.node, 'group', 1);
  const isDepthwise = perGroup === 1 && groups > 1;
  const { strides, dilations, pads } = window(context, kernel);
  if (filters % groups !== 0) fail(view, `expected filters that ${groups} groups share, got ${filters}`);
  const hasBias = view.types[2] !== undefined;
  return {
    reads: [channelsLast(4), isDepthwise ? ihwo : ohwi, ...(hasBias ? [[0]] : [])],
    writes: [channelsLast(4)],
    action: (writer, [input, weights, bias], [output]) =>
      writeConvolution(writer, {
        input: input!,
        weights: weights!,
        bias: bias ?? writer.constant([filters], new Float32Array(filters)),
        output,
        isDepthwise,
        strides,
        dilations,
        begin: [pads[1][0], pads[2][0]],
      }),
  };
};
