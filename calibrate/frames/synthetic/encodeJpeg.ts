import sharp from 'sharp';
import type { RawImage } from '../../../runtime/detector/image.js';

const jpegQuality = 80;

/** Returns the picture as a camera sends it. */
export async function encodeJpeg({ data, width, height }: RawImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: jpegQuality })
    .toBuffer();
}
