import { intAttribute } from '../../graph.js';
import { broadcastDims } from './broadcast.js';
import { fail, inputType, type RuleTable, type ShapeRule } from './rule.js';

/** As numpy's matmul: leading axes broadcast, a vector is a row on the left and a column on the right. */
const matMul: ShapeRule = (view) => {
  const left = inputType(view, 0);
  const right = inputType(view, 1);
  const a = left.dims.length === 1 ? [1, ...left.dims] : left.dims;
  const b = right.dims.length === 1 ? [...right.dims, 1] : right.dims;
  const batch = broadcastDims(a.slice(0, -2), b.slice(0, -2));
  if (batch === undefined || a.at(-1) !== b.at(-2))
    fail(view, `[${left.dims}] x [${right.dims}] is no product`);
  const rows = left.dims.length === 1 ? [] : [a.at(-2)!];
  const columns = right.dims.length === 1 ? [] : [b.at(-1)!];
  return [{ dtype: left.dtype, dims: [...(batch ?? []), ...rows, ...columns] }];
};

const gemm: ShapeRule = (view) => {
  const left = inputType(view, 0);
  const right = inputType(view, 1);
  const a = intAttribute(view.node, 'transA', 0) === 1 ? left.dims.toReversed() : left.dims;
  const b = intAttribute(view.node, 'transB', 0) === 1 ? right.dims.toReversed() : right.dims;
  if (a.length !== 2 || b.length !== 2 || a[1] !== b[0]) fail(view, `[${a}] x [${b}] is no matrix product`);
  return [{ dtype: left.dtype, dims: [a[0]!, b[1]!] }];
};

export const matrixRules: RuleTable = { MatMul: matMul, Gemm: gemm };
