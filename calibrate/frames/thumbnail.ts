import { decodeImage, type RawImage } from '../../runtime/detector/image.js';
import { AgentError, type ErrorCode } from '../../runtime/errors.js';

/** `[side, side]` luminance, 0..255: what a picture shows, coarsely. */
export type Thumbnail = Float32Array;

const side = 16;
const unusable: readonly ErrorCode[] = ['image_undecodable', 'image_type_unsupported', 'image_too_large'];

/** Returns the thumbnail of an encoded picture, or why a detector would refuse the picture. */
export async function thumbnailOf(bytes: Uint8Array): Promise<Thumbnail | AgentError> {
  try {
    return meanLuminance(await decodeImage(bytes, { target: () => ({ width: side, height: side }) }));
  } catch (error) {
    if (error instanceof AgentError && unusable.includes(error.code)) return error;
    throw error;
  }
}

/** Returns the mean absolute difference of two thumbnails, 0..255. */
export function thumbnailDistance(a: Thumbnail, b: Thumbnail): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Math.abs(a[index]! - b[index]!);
  return sum / a.length;
}

/**
 * Returns the mean of Rec. 601 luma over each cell of a grid; 0 where a tiny picture has no pixel in a
 * cell.
 */
function meanLuminance({ data, width, height }: RawImage): Thumbnail {
  const sums = new Float32Array(side * side);
  const numPixels = new Uint32Array(side * side);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * side) / height) * side;
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((x * side) / width);
      const at = (y * width + x) * 3;
      sums[cell]! += 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
      numPixels[cell]!++;
    }
  }
  return sums.map((sum, cell) => sum / Math.max(1, numPixels[cell]!));
}
