import sharp from 'sharp';
import type { Detection } from '../../../runtime/detector/detection.js';
import { decodeImage } from '../../../runtime/detector/image.js';
import { annotationSvg } from './annotationSvg.js';

export interface AnnotateOptions {
  /** A larger picture is made smaller before it is drawn on. Default: every size is kept. */
  readonly longestSidePx?: number;
  /** Of the JPEG, 1..100; default 90. */
  readonly quality?: number;
}

/**
 * Returns `image` (JPEG, PNG or WebP) with its detections drawn on it, as a JPEG, upright whatever its EXIF
 * orientation.
 *
 * @param detections boxes in pixels of the upright image
 * @throws AgentError what `decodeImage` throws
 */
export async function annotateImage(
  image: Uint8Array,
  detections: readonly Detection[],
  { longestSidePx = Number.POSITIVE_INFINITY, quality = 90 }: AnnotateOptions = {},
): Promise<Buffer> {
  const { data, width, height } = await decodeImage(image);
  const scale = Math.min(1, longestSidePx / Math.max(width, height));
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const scaled = detections.map((detection) => scaledBox(detection, scale));
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize({ ...size, fit: 'fill' })
    .composite([{ input: Buffer.from(annotationSvg(scaled, size)), density: 72 }])
    .jpeg({ quality })
    .toBuffer();
}

function scaledBox(detection: Detection, scale: number): Detection {
  const [x1, y1, x2, y2] = detection.box;
  return { ...detection, box: [x1 * scale, y1 * scale, x2 * scale, y2 * scale] };
}
