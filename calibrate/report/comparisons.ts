import type { ComparedName, ComparisonReport, Difference, QuantizeReport } from '../report.js';

type Figure = Exclude<keyof ComparisonReport, 'of' | 'against'>;

/** Returns how much higher a figure of `of` is than that of `against`, or undefined where the two were not compared. */
export function differenceBetween(
  { comparisons }: Pick<QuantizeReport, 'comparisons'>,
  { of, against, figure }: { of: ComparedName; against: ComparedName; figure: Figure },
): Difference | undefined {
  const direct = comparisons.find((pair) => pair.of === of && pair.against === against);
  if (direct) return direct[figure];
  const reverse = comparisons.find((pair) => pair.of === against && pair.against === of);
  if (!reverse) return undefined;
  const { difference, low, high } = reverse[figure];
  return { difference: -difference, low: -high, high: -low };
}

/** Returns the difference in units of `base`. */
export function scaled({ difference, low, high }: Difference, base: number): Difference {
  return { difference: difference / base, low: low / base, high: high / base };
}

/** Says whether the interval lies on one side of 0, and whether that is the better one. */
export function toneOf(
  { low, high }: Difference,
  better: 'above' | 'below',
): 'better' | 'worse' | 'undecided' {
  if (low > 0) return better === 'above' ? 'better' : 'worse';
  if (high < 0) return better === 'below' ? 'better' : 'worse';
  return 'undecided';
}
