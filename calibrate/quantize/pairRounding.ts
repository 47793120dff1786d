import type { QuantParams } from '../../runtime/quantParams.js';

/** The grids of what is computed from two quantized tensors, and theirs. */
export interface PairGrids {
  readonly a: QuantParams;
  readonly b: QuantParams;
  readonly result: QuantParams;
}

/**
 * What an engine makes of two codes' steps from their zero points: steps of the result, before they are clipped to its codes.
 * Engines agree but where the exact result lies within some 1e-4 of the middle between two steps.
 */
export type PairRounding = (a: number, b: number) => number;
