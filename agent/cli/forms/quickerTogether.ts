import type { ChosenForms } from '../../../runtime/engines/loweringForms.js';
import type { FormResult } from './compareForms.js';

/** A form has to gain more than this: what is less is not told from luck. */
export const leastGain = 0.02;

/** Rounding elsewhere moves outputs by some hundredths; from here on a kernel computes something else. */
const largestDistance = 0.25;

/** Returns of each choice the quickest form by itself, where it is quicker than what is chosen and computes the same. */
export function quickerTogether(results: readonly FormResult[]): ChosenForms {
  const quickest = results
    .filter(({ ratio, distance }) => ratio < 1 - leastGain && distance <= largestDistance)
    .sort((a, b) => b.ratio - a.ratio);
  // The quickest of a choice comes last.
  return Object.assign({}, ...quickest.map(({ forms }) => forms));
}
