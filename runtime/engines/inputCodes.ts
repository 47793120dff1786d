import type { IntegerGraph } from '../lowering/integerGraph.js';
import type { ImageCodes } from './imageCodes.js';

/** Returns how the codes of each image of an integer graph come from its float values, by the input's name. */
export function inputCodes({ inputs, tensors }: IntegerGraph): Readonly<Record<string, ImageCodes>> {
  return Object.fromEntries(
    inputs.map(({ name, ...image }) => {
      const { shape, grid } = tensors.get(name)!;
      return [name, { ...image, ...grid!, dims: shape }] as const;
    }),
  );
}
