import type { Kernel, OperatorContext, Relabelling } from '../../layout/operator.js';
import type { ModelWriter } from '../tflite/modelWriter.js';

/**
 * Writes what a node does. Tensors come in the order of the kernel's `reads` and `writes`; what is not read is undefined.
 */
export type WriteAction = (
  writer: ModelWriter,
  reads: readonly number[],
  writes: readonly [number, ...number[]],
) => void;

/** @throws AgentError `op_unsupported` for a form of the operator that is not covered */
export type Operator = (context: OperatorContext) => Kernel<WriteAction> | Relabelling;
