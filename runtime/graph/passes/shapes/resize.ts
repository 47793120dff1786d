import { stringAttribute } from '../../graph.js';
import { nodeAxes } from './axes.js';
import { constantInts, constantNumbers, fail, inputType, type RuleTable, type ShapeRule } from './rule.js';

/** Sizes as given, or floor(size * scale). Source: https://onnx.ai/onnx/operators/onnx__Resize.html */
const resize: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  if (stringAttribute(view.node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') {
    fail(view, 'only keep_aspect_ratio_policy "stretch" is supported', 'op_unsupported');
  }
  const axes = nodeAxes(view, Number.POSITIVE_INFINITY, dims.length) ?? [...dims.keys()];
  const resized = [...dims];
  const sizes = constantInts(view, 3);
  const factors = sizes ?? constantNumbers(view, 2);
  if (factors.length !== axes.length) fail(view, `${factors.length} factors do not fit ${axes.length} axes`);
  for (const [index, axis] of axes.entries()) {
    const factor = factors[index]!;
    resized[axis] = sizes === undefined ? Math.floor(Math.fround(dims[axis]! * factor)) : factor;
  }
  return [{ dtype, dims: resized }];
};

export const resizeRules: RuleTable = { Resize: resize };
