const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);
const infinity = 0x7f800000;

/**
 * Returns the least float32 value whose score, as float32, is `threshold` or more; Infinity where there is none. Found once, it
 * spares computing the scores of values below it.
 *
 * @param scoreOf rises with its argument, from -Infinity to Infinity
 */
export function leastRaw(scoreOf: (raw: number) => number, threshold: number): number {
  const reaches = (rank: number) => Math.fround(scoreOf(floatOf(rank))) >= threshold;
  let [below, reached] = [-infinity - 1, infinity];
  while (reached - below > 1) {
    const middle = Math.floor((below + reached) / 2);
    if (reaches(middle)) reached = middle;
    else below = middle;
  }
  return floatOf(reached);
}

/** Returns the float32 value of a rank: ranks are whole numbers that rise with the values, 0 at 0. */
function floatOf(rank: number): number {
  bits[0] = Math.abs(rank);
  return rank < 0 ? -float[0]! : float[0]!;
}
