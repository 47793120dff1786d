import type { RawActivation } from '../../activation.js';

/** An output of a graph in the pieces in which the network leaves it, before they are moved together. */
export interface UnpackedOutput {
  /** Of the output as a whole. */
  readonly dims: readonly number[];
  /** Each element of the output is in exactly one. */
  readonly parts: readonly OutputPart[];
}

/**
 * A box of an output's elements: the one at `firsts + index` is, after the activation, the element
 * `start + sum of index[axis] * steps[axis]` of the tensor `source`.
 */
export interface OutputPart {
  readonly source: string;
  readonly start: number;
  /** One per axis of the output, as the others. */
  readonly steps: readonly number[];
  readonly firsts: readonly number[];
  readonly sizes: readonly number[];
  readonly activation: RawActivation;
}
