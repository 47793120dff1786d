import { intAttribute, intsAttribute, stringAttribute } from '../../graph.js';
import { fail, inputType, type NodeView, type RuleTable, type ShapeRule } from './rule.js';

const conv: ShapeRule = (view) => {
  const input = inputType(view, 0);
  const weights = inputType(view, 1);
  const [batch = 0, channels = 0, ...spatial] = input.dims;
  const [filters = 0, perGroup = 0, ...kernel] = weights.dims;
  const group = intAttribute(view.node, 'group', 1);
  if (kernel.length !== spatial.length || channels !== perGroup * group || filters % group !== 0) {
    fail(view, `weights [${weights.dims}] in ${group} groups do not fit input [${input.dims}]`);
  }
  return [{ dtype: input.dtype, dims: [batch, filters, ...windowDims(view, spatial, kernel)] }];
};

/** Source: https://onnx.ai/onnx/operators/onnx__ConvTranspose.html */
const convTranspose: ShapeRule = (view) => {
  const input = inputType(view, 0);
  const weights = inputType(view, 1);
  const [batch = 0, channels = 0, ...spatial] = input.dims;
  const [filters = 0, perGroup = 0, ...kernel] = weights.dims;
  if (kernel.length !== spatial.length || channels !== filters) {
    fail(view, `weights [${weights.dims}] do not fit input [${input.dims}]`);
  }
  const ones = kernel.map(() => 1);
  const zeros = kernel.map(() => 0);
  const strides = intsAttribute(view.node, 'strides', ones);
  const dilations = intsAttribute(view.node, 'dilations', ones);
  const pads = intsAttribute(view.node, 'pads', [...zeros, ...zeros]);
  const more = intsAttribute(view.node, 'output_padding', zeros);
  const given = intsAttribute(view.node, 'output_shape', []);
  const isSame = stringAttribute(view.node, 'auto_pad', 'NOTSET').startsWith('SAME');
  const sizes = spatial.map((size, axis) => {
    if (given.length > 0) return given.at(axis - kernel.length)!;
    if (isSame) return size * strides[axis]!;
    const reach = dilations[axis]! * (kernel[axis]! - 1) + 1;
    return strides[axis]! * (size - 1) + more[axis]! + reach - pads[axis]! - pads[axis + kernel.length]!;
  });
  return [{ dtype: input.dtype, dims: [batch, perGroup * intAttribute(view.node, 'group', 1), ...sizes] }];
};

const pool: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const [batch = 0, channels = 0, ...spatial] = dims;
  const kernel = intsAttribute(view.node, 'kernel_shape', []);
  if (kernel.length !== spatial.length) fail(view, `kernel [${kernel}] does not fit input [${dims}]`);
  const pooled = [batch, channels, ...windowDims(view, spatial, kernel)];
  // The second output, of MaxPool alone, holds the indices of the maxima.
  return [
    { dtype, dims: pooled },
    { dtype: 'int64', dims: pooled },
  ];
};

const globalPool: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  return [{ dtype, dims: dims.map((size, axis) => (axis < 2 ? size : 1)) }];
};

/** Operators that slide a window over the spatial axes of [batch, channels, ...spatial]. */
export const windowRules: RuleTable = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
};

/**
 * Number of window positions per axis: (size + pads - reach) / stride + 1 with reach = dilation * (kernel - 1) + 1,
 * rounded down, or up with `ceil_mode`, where a window that would start in the end padding is left out.
 * Source: https://onnx.ai/onnx/operators/onnx__MaxPool.html
 */
function windowDims(view: NodeView, spatial: readonly number[], kernel: readonly number[]): number[] {
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(view.node, 'strides', ones);
  const dilations = intsAttribute(view.node, 'dilations', ones);
  const pads = intsAttribute(view.node, 'pads', [...ones, ...ones].fill(0));
  const autoPad = stringAttribute(view.node, 'auto_pad', 'NOTSET');
  const roundUp = intAttribute(view.node, 'ceil_mode', 0) === 1;
  return spatial.map((size, axis) => {
    const stride = strides[axis]!;
    if (autoPad.startsWith('SAME')) return Math.ceil(size / stride);
    const begin = autoPad === 'VALID' ? 0 : pads[axis]!;
    const end = autoPad === 'VALID' ? 0 : pads[axis + kernel.length]!;
    const room = size + begin + end - (dilations[axis]! * (kernel[axis]! - 1) + 1);
    if (room < 0) fail(view, `window [${kernel}] is larger than padded input [${spatial}]`);
    if (!roundUp) return Math.floor(room / stride) + 1;
    const positions = Math.ceil(room / stride) + 1;
    return (positions - 1) * stride >= size + begin ? positions - 1 : positions;
  });
}
