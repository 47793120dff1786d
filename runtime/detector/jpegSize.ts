import type { Size } from './geometry.js';

const startOfFrame = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
const app1 = 0xe1;

/**
 * Returns the size that a JPEG's frame header gives, or `undefined` where only a full parser can tell: it has an
 * APP1 segment, which may hold an EXIF rotation, or is not laid out plainly. Camera frames have none, and are
 * spared a second pass through the decoder's thread pool (0.3 ms).
 *
 * Source: ITU-T T.81, B.1 and B.2.
 */
export function plainJpegSize(bytes: Uint8Array): Size | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Each segment: 0xff, marker, 16-bit length that counts itself. A frame header: precision, height, width.
  for (let at = 2; at + 9 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff || marker < 0xc0 || marker === app1) return undefined;
    if (!startOfFrame.has(marker)) continue;
    const height = view.getUint16(at + 5);
    const width = view.getUint16(at + 7);
    return width > 0 && height > 0 ? { width, height } : undefined;
  }
  return undefined;
}
