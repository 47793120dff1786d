import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { intAttribute } from '../../../graph/graph.js';
import { channelsLast } from '../../layout/layout.js';
import { type Window, window } from '../../layout/window.js';
import type { Operator, OperatorContext, TensorflowJs } from '../operator.js';
import { requireFloat, requireRank } from '../requirements.js';

/** ONNX's OIHW weights as HWIO, and for a depthwise convolution as HW(channel)(multiple). */
const hwio = [2, 3, 1, 0];
const hwoi = [2, 3, 0, 1];

/**
 * A convolution of two spatial axes in NHWC. Groups of one channel are a depthwise convolution; other groups are convolved
 * one by one.
 */
export const conv: Operator = (context) => {
  requireRank(context, 4);
  requireFloat(context);
  const { tf, view } = context;
  const [filters = 1, perGroup = 1, ...kernel] = view.types[1]!.dims;
  const group = intAttribute(view.node, 'group', 1);
  const windows = window(context, kernel);
  const isDepthwise = perGroup === 1 && group > 1;
  const convolve = isDepthwise ? depthwise(tf, windows) : grouped(tf, { windows, group });
  const weightsShape: [number, number, number, number] = isDepthwise
    ? [kernel[0]!, kernel[1]!, group, filters / group]
    : [kernel[0]!, kernel[1]!, perGroup, filters];
  return {
    reads: [channelsLast(4), isDepthwise ? hwoi : hwio, ...biasLayout(context)],
    writes: [channelsLast(4)],
    run: ([x, weights, bias]) =>
      convolve(x as Tensor4D, tf.reshape(weights!, weightsShape), bias as Tensor1D | undefined),
  };
};

type Convolve = (x: Tensor4D, weights: Tensor4D, bias: Tensor1D | undefined) => Tensor4D;

function biasLayout({ view }: OperatorContext): number[][] {
  return view.types[2] === undefined ? [] : [[0]];
}

function depthwise(tf: TensorflowJs, windows: Window): Convolve {
  // TensorFlow's library has no such kernel for a CPU without oneDNN.
  if (tf.getBackend() === 'tensorflow' && Math.max(...windows.dilations) > 1) return spread(tf, windows);
  return thinned(tf, windows, ({ strides, pads, dilations }) => (x, weights, bias) => {
    // Its types lack the padding of each side, which it takes as `conv2d` does.
    const pad = pads as unknown as number;
    const options = { x, filter: weights, strides, pad, dilations };
    return tf.fused.depthwiseConv2d(bias === undefined ? options : { ...options, bias });
  });
}

function grouped(tf: TensorflowJs, { windows, group }: { windows: Window; group: number }): Convolve {
  const one = thinned(tf, windows, ({ strides, pads, dilations }) => (x, weights, bias) => {
    const options = { x, filter: weights, strides, pad: pads, dilations };
    return tf.fused.conv2d(bias === undefined ? options : { ...options, bias });
  });
  if (group === 1) return one;
  return (x, weights, bias) => {
    const inputs: Tensor4D[] = tf.split(x, group, 3);
    const filters: Tensor4D[] = tf.split(weights, group, 3);
    const biases: Tensor1D[] | undefined = bias && tf.split(bias, group);
    return tf.concat4d(
      inputs.map((input, index) => one(input, filters[index]!, biases?.[index])),
      3,
    );
  };
}

/** A depthwise convolution without dilations, of weights between which there are zeros instead. */
function spread(tf: TensorflowJs, windows: Window): Convolve {
  const { kernel, dilations } = windows;
  const [height, width] = dilations;
  const reach = (axis: 0 | 1) => (kernel[axis] - 1) * dilations[axis] + 1;
  const convolve = depthwise(tf, { ...windows, kernel: [reach(0), reach(1)], dilations: [1, 1] });
  return (x, weights, bias) => {
    const [, , channels, multiple] = weights.shape;
    const apart = tf.reshape(weights, [kernel[0], 1, kernel[1], 1, channels * multiple]);
    const zeros = tf.pad(apart, [
      [0, 0],
      [0, height - 1],
      [0, 0],
      [0, width - 1],
      [0, 0],
    ]);
    const all: Tensor4D = tf.reshape(zeros, [kernel[0] * height, kernel[1] * width, channels, multiple]);
    return convolve(x, tf.slice4d(all, [0, 0, 0, 0], [reach(0), reach(1), channels, multiple]), bias);
  };
}

/**
 * TensorFlow.js takes strides or dilations, not both, and TensorFlow's own depthwise kernel one stride for both axes: other
 * strides convolve at every place and keep those wanted.
 */
function thinned(tf: TensorflowJs, windows: Window, convolve: (windows: Window) => Convolve): Convolve {
  const { strides, dilations } = windows;
  const hasBoth = Math.max(...strides) > 1 && Math.max(...dilations) > 1;
  const isUneven = tf.getBackend() === 'tensorflow' && strides[0] !== strides[1];
  if (!hasBoth && !isUneven) return convolve(windows);
  const dense = convolve({ ...windows, strides: [1, 1] });
  return (x, weights, bias) => {
    const all = dense(x, weights, bias);
    return tf.stridedSlice(all, [0, 0, 0, 0], [...all.shape], [1, ...strides, 1]) as Tensor4D;
  };
}
