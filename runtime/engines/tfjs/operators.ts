import { AgentError } from '../../errors.js';
import { type Node, nodeLabel } from '../../graph/graph.js';
import { fakeQuantizeDomain } from './fuseFakeQuantize.js';
import type { Operator } from './operator.js';
import { batchNormalization } from './ops/batchNormalization.js';
import { binaryOperators } from './ops/binary.js';
import { cast } from './ops/cast.js';
import { clip } from './ops/clip.js';
import { concat } from './ops/concat.js';
import { constant } from './ops/constant.js';
import { conv } from './ops/conv.js';
import { dequantizeLinear } from './ops/dequantizeLinear.js';
import { fakeQuantize } from './ops/fakeQuantize.js';
import { gather } from './ops/gather.js';
import { gemm } from './ops/gemm.js';
import { globalPoolOperators } from './ops/globalPool.js';
import { identity } from './ops/identity.js';
import { matMul } from './ops/matMul.js';
import { pad } from './ops/pad.js';
import { poolOperators } from './ops/pool.js';
import { prelu } from './ops/prelu.js';
import { quantizeLinear } from './ops/quantizeLinear.js';
import { reduceOperators } from './ops/reduce.js';
import { reshape } from './ops/reshape.js';
import { resize } from './ops/resize.js';
import { slice } from './ops/slice.js';
import { softmax } from './ops/softmax.js';
import { split } from './ops/split.js';
import { transpose } from './ops/transpose.js';
import { unaryOperators } from './ops/unary.js';

/** Operators of the standard domain. */
const standard: Readonly<Record<string, Operator>> = {
  ...unaryOperators,
  ...binaryOperators,
  ...poolOperators,
  ...globalPoolOperators,
  ...reduceOperators,
  BatchNormalization: batchNormalization,
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Constant: constant,
  Conv: conv,
  DequantizeLinear: dequantizeLinear,
  Flatten: reshape,
  Gather: gather,
  Gemm: gemm,
  Identity: identity,
  MatMul: matMul,
  Pad: pad,
  PRelu: prelu,
  QuantizeLinear: quantizeLinear,
  Reshape: reshape,
  Resize: resize,
  Slice: slice,
  Softmax: softmax,
  Split: split,
  Squeeze: reshape,
  Transpose: transpose,
  Unsqueeze: reshape,
};

const byDomain: Readonly<Record<string, Readonly<Record<string, Operator>>>> = {
  '': standard,
  [fakeQuantizeDomain]: { FakeQuantize: fakeQuantize },
};

/** @throws AgentError `op_unsupported` */
export function findOperator(node: Node): Operator {
  const operator = byDomain[node.domain]?.[node.opType];
  if (operator !== undefined) return operator;
  const message = `TensorFlow.js does not run operator ${node.opType}, node "${node.name || node.outputs[0]}"`;
  throw new AgentError('op_unsupported', message, { detail: { where: nodeLabel(node), got: node.opType } });
}
