import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Layout } from '../layout/layout.js';
import type { OperatorContext as AnyOperatorContext, Relabelling } from '../layout/operator.js';
import type { TfjsAction } from './program.js';

/** TensorFlow.js, with whichever backend is set. Passed in, so that a browser page can bring its own. */
export type TensorflowJs = typeof import('@tensorflow/tfjs-core');

export type { TfTensor };

/** What an operator sees of its node when the graph is compiled. */
export interface OperatorContext extends AnyOperatorContext {
  readonly tf: TensorflowJs;
}

/** What a node becomes: TensorFlow.js calls on tensors whose layouts are settled. */
export interface Kernel {
  /** The layout in which each input is read; undefined for one that is absent or was used at compile time. */
  readonly reads: readonly (Layout | undefined)[];
  /** The layout in which each output is made. */
  readonly writes: readonly Layout[];
  /**
   * Returns the outputs, none of them an input itself. Runs inside `tf.tidy`. Inputs come in the order of `reads`; those
   * that are not read are undefined.
   */
  readonly run: TfjsAction;
}

/** @throws AgentError `op_unsupported` for a form of the operator that is not covered */
export type Operator = (context: OperatorContext) => Kernel | Relabelling;
