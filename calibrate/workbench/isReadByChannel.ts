import type { Grid } from '../quantize/plan.js';

/**
 * Returns whether each channel of a grid's tensor goes through its own of several functions. Where other tensors lie on the
 * grid too, its channels may have been moved before the activation reads them: then it is not known.
 *
 * @param channels how many the tensor has
 */
export function isReadByChannel(
  { tensors, activation }: Pick<Grid, 'tensors' | 'activation'>,
  channels: number,
): boolean {
  const functions = activation?.functions ?? [];
  const count = functions.reduce((sum, own) => sum + (own.channels?.length ?? 0), 0);
  return tensors.length === 1 && functions.length > 1 && count === channels;
}
