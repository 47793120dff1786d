/** Longest pause between two attempts to reach a broker. */
const longestMs = 60_000;
const firstMs = 500;

/**
 * Returns the pause before attempt `attempt` (from 0): uniform in 0..min(60 s, 0.5 s * 2^attempt), so that devices
 * that lost one broker together do not come back together ("full jitter").
 *
 * @param random 0..1
 */
export function backoffMs(attempt: number, random: number): number {
  return random * Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 30));
}
