import type { IntegerGraph } from '../lowering/integerGraph.js';
import type { ImageCodes } from './imageCodes.js';

/** Returns how the codes of each image of an integer graph come from its float values, by the input's name. */
export function inputCodes({ inputs, tensors }: IntegerGraph): Readonly<Record<string, ImageCodes>> {
  return Object.fromEntries(
    inputs.map(({ name, multipliers, offsets, blockSize }) => {
      const { shape, grid } = tensors.get(name)!;
      const { scale, zeroPoint } = grid!;
      const codes: ImageCodes = {
        dims: shape,
        blockSize,
        factors: multipliers.map((multiplier) => multiplier / scale),
        terms: offsets.map((offset) => offset / scale + zeroPoint),
      };
      return [name, codes] as const;
    }),
  );
}
