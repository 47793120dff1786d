import type { TensorType } from '../../graph/passes/shapes/rule.js';
import type { Tensor } from '../../graph/tensor.js';

/** A compiled graph as data: steps over numbered places for tensors, each written once. */
export interface Program<Action, Constant> {
  readonly inputs: ReadonlyMap<string, Port>;
  readonly outputs: ReadonlyMap<string, Port | Passed>;
  readonly constants: ReadonlyMap<number, Constant>;
  /** What lies at each place, dimensions in memory order. */
  readonly types: readonly TensorType[];
  readonly steps: readonly Step<Action>[];
}

/** Where a tensor of the graph's surface lies. */
export interface Port {
  readonly place: number;
  /** Dimensions in ONNX's order. */
  readonly type: TensorType;
}

/** An output that no step makes: a feed, or a constant, handed out as it is. */
export type Passed = { readonly feed: string } | { readonly constant: Tensor };

export interface Step<Action> {
  /** How messages call the node that it is for. */
  readonly label: string;
  readonly reads: readonly (number | undefined)[];
  readonly writes: readonly number[];
  readonly action: Action;
}
