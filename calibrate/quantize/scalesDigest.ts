import { createHash } from 'node:crypto';
import type { Quantizers } from './scaleTable.js';

/**
 * Returns the SHA-256, in hex, over every scale (float64, little endian), zero point and correction, in the order of the
 * plan.
 */
export function scalesDigest({ grids, weights, corrections }: Quantizers): string {
  const values = [
    ...grids.flatMap(({ scale, zeroPoint }) => [scale, zeroPoint]),
    ...weights.flatMap(({ scales }) => [...scales]),
    ...corrections.flatMap((correction) => (correction ? [...correction.gain, ...correction.offset] : [])),
  ];
  const bytes = new DataView(new ArrayBuffer(values.length * 8));
  for (const [i, value] of values.entries()) bytes.setFloat64(i * 8, value, true);
  return createHash('sha256').update(bytes).digest('hex');
}
