import sharp from 'sharp';
import type { Detection } from '../../../runtime/detector/detection.js';
import { decodeImage } from '../../../runtime/detector/image.js';
import { annotationSvg } from './annotationSvg.js';

/**
 * Returns `image` (JPEG, PNG or WebP) with its detections drawn on it, as a JPEG of the same size, upright
 * whatever its EXIF orientation.
 *
 * @param detections boxes in pixels of the upright image
 * @throws AgentError what `decodeImage` throws
 */
export async function annotateImage(image: Uint8Array, detections: readonly Detection[]): Promise<Buffer> {
  const { data, width, height } = await decodeImage(image);
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .composite([{ input: Buffer.from(annotationSvg(detections, { width, height })), density: 72 }])
    .jpeg({ quality: 90 })
    .toBuffer();
}
