import type { TensorType } from '../../graph/passes/shapes/rule.js';
import type { Tensor } from '../../graph/tensor.js';
import type { TfTensor } from './operator.js';

/** A compiled graph as data: steps over numbered places for tensors, each written once. */
export interface Program {
  readonly inputs: ReadonlyMap<string, Port>;
  readonly outputs: ReadonlyMap<string, Port | Passed>;
  /** Tensors that stay on the backend, by place. The program's owner disposes of them. */
  readonly constants: ReadonlyMap<number, TfTensor>;
  readonly steps: readonly Step[];
}

/** Where a tensor of the graph's surface lies, in ONNX's own layout. */
export interface Port {
  readonly place: number;
  readonly type: TensorType;
}

/** An output that no step makes: a feed, or a constant, handed out as it is. */
export type Passed = { readonly feed: string } | { readonly constant: Tensor };

export interface Step {
  /** How messages call the node that it is for. */
  readonly label: string;
  readonly reads: readonly (number | undefined)[];
  readonly writes: readonly number[];
  readonly run: (inputs: readonly TfTensor[]) => TfTensor | readonly TfTensor[];
}
