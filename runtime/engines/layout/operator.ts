import type { NodeView, TensorType } from '../../graph/passes/shapes/rule.js';
import type { Layout } from './layout.js';

/** What an operator sees of its node when the graph is compiled. */
export interface OperatorContext {
  readonly view: NodeView;
  /** How each input lies in memory so far; a constant can be had in any layout and is here in ONNX's. */
  readonly layouts: readonly Layout[];
  readonly outputs: readonly TensorType[];
}

/** What a node becomes: an action on tensors whose layouts are settled. */
export interface Kernel<Action> {
  /** The layout in which each input is read; undefined for one that is absent or was used at compile time. */
  readonly reads: readonly (Layout | undefined)[];
  /** The layout in which each output is made. */
  readonly writes: readonly Layout[];
  readonly action: Action;
}

/** A node whose output is its first input, untouched in memory, with its axes renamed. */
export interface Relabelling {
  readonly relabels: Layout;
}
