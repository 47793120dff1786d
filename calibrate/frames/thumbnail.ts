import sharp from 'sharp';

/** `[side, side]` luminance, 0..255: what a picture shows, coarsely. */
export type Thumbnail = Uint8Array;

const side = 16;

/** Frames with more pixels are refused before they are decoded. */
const maxPixels = 50_000_000;

/**
 * Returns the thumbnail of an encoded picture, or undefined when it does not decode, to its last byte, or
 * has more than 50 megapixels.
 */
export async function thumbnailOf(bytes: Uint8Array): Promise<Thumbnail | undefined> {
  try {
    return await sharp(bytes, { limitInputPixels: maxPixels, failOn: 'warning' })
      .greyscale()
      .resize(side, side, { fit: 'fill' })
      .raw()
      .toBuffer();
  } catch {
    return undefined; // What is wrong with a picture does not matter to one who leaves it out.
  }
}

/** Returns the mean absolute difference of two thumbnails, 0..255. */
export function thumbnailDistance(a: Thumbnail, b: Thumbnail): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Math.abs(a[index]! - b[index]!);
  return sum / a.length;
}
