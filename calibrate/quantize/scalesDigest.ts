import { createHash } from 'node:crypto';
import type { Quantizers } from './scaleTable.js';

/**
 * Returns the SHA-256, in hex, over every scale (float64, little endian) and zero point, in the order of
 * the plan.
 */
export function scalesDigest({ grids, weights }: Quantizers): string {
  const values = [
    ...grids.flatMap(({ scale, zeroPoint }) => [scale, zeroPoint]),
    ...weights.flatMap(({ scales }) => [...scales]),
  ];
  const bytes = new DataView(new ArrayBuffer(values.length * 8));
  for (const [i, value] of values.entries()) bytes.setFloat64(i * 8, value, true);
  return createHash('sha256').update(bytes).digest('hex');
}
