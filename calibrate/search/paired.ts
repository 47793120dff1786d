/** Returns the mean of `values`; NaN when there are none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Returns the standard error of the mean of `values`; 0 for fewer than two. */
export function standardError(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

/** Relative difference up to which figures of two images are the same but for float rounding. */
const rounding = 1e-6;

/** Whether the values of all images are the same, as those of one image again and again are: a standard error then says nothing. */
export function areAlike(values: readonly number[]): boolean {
  const [first = 0, ...others] = values;
  return others.every((value) => Math.abs(value - first) <= rounding * Math.abs(first));
}

/**
 * True when `candidate` is lower than `current` by more than one standard error of the paired differences.
 */
export function beatsByOneStandardError(candidate: readonly number[], current: readonly number[]): boolean {
  const gains = current.map((value, i) => value - candidate[i]!);
  return mean(gains) > standardError(gains);
}
