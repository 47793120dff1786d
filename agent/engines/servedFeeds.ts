import type { Session, TensorMap } from '../../runtime/engines/engine.js';
import { imageCodes } from '../../runtime/engines/imageCodes.js';

/** Returns float32 images in the form that the session takes most readily, in which serving gives them to it. */
export function servedFeeds({ inputs }: Pick<Session, 'inputs'>, feeds: TensorMap): TensorMap {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, image]) => {
      const codes = inputs.find((input) => input.name === name)?.codes;
      return [name, codes === undefined ? image : imageCodes(image, codes)];
    }),
  );
}
