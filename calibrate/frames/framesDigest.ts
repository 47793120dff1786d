import { createHash } from 'node:crypto';
import type { Frame } from './frame.js';

/**
 * Returns the SHA-256, in hexadecimal, over the SHA-256 digests (32 bytes each) of the frames' bytes, in
 * their order.
 */
export function framesDigest(frames: readonly Frame[]): string {
  const whole = createHash('sha256');
  for (const { bytes } of frames) whole.update(createHash('sha256').update(bytes).digest());
  return whole.digest('hex');
}
