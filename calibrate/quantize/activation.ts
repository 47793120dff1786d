import type { ValueDistribution } from './histogram.js';

/** What some channels of a tensor go through. */
export interface ChannelFunction {
  readonly of: (x: number) => number;
  /** Which channels; absent where it is all. */
  readonly channels?: readonly number[];
}

/** What happens to a tensor right behind its grid: an error there is worth what it does behind these functions. */
export interface Activation {
  /** Each channel has one of them. */
  readonly functions: readonly ChannelFunction[];
  /** The functions leave values from 0 on as they are. Default: false. */
  readonly keepsPositive?: boolean;
  /** By how much an error behind the functions counts where the value is x, >= 0. Default: 1 everywhere. */
  readonly weight?: (x: number) => number;
}

/** Returns the activation that is the same function in all channels. */
export function inAllChannels(of: (x: number) => number): Activation {
  return { functions: [{ of }] };
}

/** Whatever reads the values reads them as they are. */
export const identity = inAllChannels((x) => x);

/** Values that go through one function: `centers[i]` stands for `weights[i]` of all values, 0..1. */
export interface FunctionValues {
  readonly of: (x: number) => number;
  readonly centers: Float64Array;
  readonly weights: Float64Array;
}

/** Returns what each function gets: the values of its channels where they are known apart, else its channels' share of all. */
export function valuesByFunction(
  { functions }: Activation,
  { centers, weights, byFunction }: ValueDistribution,
): FunctionValues[] {
  const counts = functions.map(({ channels }) => channels?.length ?? 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return functions.map(({ of }, f) => {
    const share = counts[f]! / total;
    const pooled = () => ({
      centers,
      weights: share === 1 ? weights : weights.map((weight) => share * weight),
    });
    return { of, ...(byFunction?.[f] ?? pooled()) };
  });
}
