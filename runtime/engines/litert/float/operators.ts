import { AgentError } from '../../../errors.js';
import { type Node, nodeLabel } from '../../../graph/graph.js';
import type { Operator } from './operator.js';
import { batchNormalization } from './ops/batchNormalization.js';
import { binaryOperators } from './ops/binary.js';
import { clip } from './ops/clip.js';
import { concat } from './ops/concat.js';
import { conv } from './ops/conv.js';
import { matrixOperators } from './ops/matrix.js';
import { pad } from './ops/pad.js';
import { poolOperators } from './ops/pool.js';
import { prelu } from './ops/prelu.js';
import { reduceOperators } from './ops/reduce.js';
import { identity, transpose } from './ops/relabelling.js';
import { reshape } from './ops/reshape.js';
import { resize } from './ops/resize.js';
import { slice } from './ops/slice.js';
import { softmax } from './ops/softmax.js';
import { split } from './ops/split.js';
import { unaryOperators } from './ops/unary.js';

/** Operators of the standard domain, on float32. */
const operators: Readonly<Record<string, Operator>> = {
  ...unaryOperators,
  ...binaryOperators,
  ...poolOperators,
  ...reduceOperators,
  ...matrixOperators,
  BatchNormalization: batchNormalization,
  Clip: clip,
  Concat: concat,
  Conv: conv,
  Flatten: reshape,
  Identity: identity,
  Pad: pad,
  PRelu: prelu,
  Reshape: reshape,
  Resize: resize,
  Slice: slice,
  Softmax: softmax,
  Split: split,
  Squeeze: reshape,
  Transpose: transpose,
  Unsqueeze: reshape,
};

/** @throws AgentError `op_unsupported` */
export function findOperator(node: Node): Operator {
  const operator = node.domain === '' ? operators[node.opType] : undefined;
  if (operator !== undefined) return operator;
  const message = `LiteRT is not given operator ${node.opType}, node "${node.name || node.outputs[0]}"`;
  throw new AgentError('op_unsupported', message, { detail: { where: nodeLabel(node), got: node.opType } });
}
