import { constantValue } from '../../../graph/passes/constants/constantValue.js';
import { fail } from '../../../graph/passes/shapes/rule.js';
import { onnxLayout } from '../../layout/layout.js';
import { toTf } from '../hostTensor.js';
import type { Operator } from '../operator.js';

/** A constant that is an output of the graph; any other was made an initializer before. */
export const constant: Operator = ({ tf, view, outputs }) => {
  const value = constantValue(view.node) ?? fail(view, 'holds no value that is supported', 'op_unsupported');
  return { reads: [], writes: [onnxLayout(outputs[0]!.dims.length)], run: () => toTf(tf, value) };
};
