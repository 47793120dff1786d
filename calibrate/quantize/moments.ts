import { clamp } from '../../runtime/quantParams.js';
import type { ChannelCorrection } from './channelCorrection.js';

/** A rounded channel is never spread or shrunk further than this: beyond it the samples are at fault. */
const gainRange = { least: 0.7, most: 1.5 };

/**
 * Up to so many times the mean difference of the networks a position counts in full, from so many on not at all, between them in
 * part: were it all or nothing, the last bits of an engine's arithmetic would decide about some.
 */
const trim = { from: 1.5, to: 2.5 };

/** What gains are whole multiples of, and offsets in shares of a channel's deviation: finer ones would be the engine's. */
const unit = 2 ** -10;

/** Deviation below which a channel is constant, in shares of its mean: float32 outputs are no better. */
const constantShare = 1e-5;

/** Outputs of one layer, float32 `[n, channels]`, at the same positions and with the bias. */
export interface OutputPair {
  /** Of the float network. */
  readonly float: Float32Array;
  /** Of the quantized network, not corrected. */
  readonly quantized: Float32Array;
  readonly channels: number;
}

/**
 * Returns the correction that gives every quantized channel the float channel's mean and standard deviation,
 *
 *     gain = std(float) / std(quantized), in [0.7, 1.5]    offset = mean(float) - gain * mean(quantized)
 *
 * over the positions where |float - quantized| is at most about twice its mean over the channel. The rest are the few
 * that a grid clipped: counted in, they would shift the whole channel for the sake of a handful (detptq.md 5b.4).
 *
 * A channel that is constant in either network tells nothing of its gain, which stays 1; its offset is the
 * difference of the means, all that can be wrong with it. A channel without positions, or with a value that is not
 * finite, is left as it is.
 *
 * @param options.gains `false` leaves every gain at 1, so that the means alone are matched. Default: true.
 */
export function matchMoments(outputs: OutputPair, { gains = true } = {}): ChannelCorrection {
  const { channels } = outputs;
  const gain = new Float32Array(channels).fill(1);
  const offset = new Float32Array(channels);
  const { counts, float, quantized } = sumKept(outputs);
  for (const [channel, count] of counts.entries()) {
    if (count === 0) continue;
    const [target, got] = [momentsOf(float, channel, count), momentsOf(quantized, channel, count)];
    if (gains && !isConstant(target) && !isConstant(got)) {
      const ratio = toMultiple(target.deviation / got.deviation, unit);
      gain[channel] = clamp(ratio, gainRange.least, gainRange.most);
    }
    const difference = target.mean - gain[channel]! * got.mean;
    const spread = isConstant(target) ? Math.abs(target.mean) : target.deviation;
    offset[channel] = toMultiple(difference, unit * powerOfTwo(spread));
  }
  return { gain, offset };
}

/** Sums by channel, over the positions by their weights. */
interface KeptSums {
  /** Of the weights. */
  readonly counts: Float64Array;
  readonly float: Sums;
  readonly quantized: Sums;
}

interface Sums {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

/** The greatest power of two that is not above `value`; 0 for 0. */
function powerOfTwo(value: number): number {
  return value > 0 ? 2 ** Math.floor(Math.log2(value)) : 0;
}

function toMultiple(value: number, step: number): number {
  return step > 0 ? Math.round(value / step) * step : value;
}

/** Returns, by channel, the sums over the positions where the two networks are close to each other. */
function sumKept(outputs: OutputPair): KeptSums {
  const { float, quantized, channels } = outputs;
  const differences = meanDifferences(outputs);
  const zeros = () => new Float64Array(channels);
  const kept = {
    counts: zeros(),
    float: { sums: zeros(), squares: zeros() },
    quantized: { sums: zeros(), squares: zeros() },
  };
  for (let start = 0; start < float.length; start += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const target = float[start + channel]!;
      const got = quantized[start + channel]!;
      const difference = Math.abs(target - got);
      const usual = differences[channel]!;
      // Written so that NaN is left out.
      if (!(difference <= trim.to * usual)) continue;
      const weight =
        difference === 0 ? 1 : Math.min(1, (trim.to - difference / usual) / (trim.to - trim.from));
      kept.counts[channel]! += weight;
      add(kept.float, channel, target, weight);
      add(kept.quantized, channel, got, weight);
    }
  }
  return kept;
}

/** Returns, by channel, the mean difference between the two networks; -1 where it is not finite. */
function meanDifferences({ float, quantized, channels }: OutputPair): Float64Array {
  const means = new Float64Array(channels);
  for (let start = 0; start < float.length; start += channels) {
    for (let channel = 0; channel < channels; channel++) {
      means[channel]! += Math.abs(float[start + channel]! - quantized[start + channel]!);
    }
  }
  return means.map((sum) => (Number.isFinite(sum) ? (sum * channels) / float.length : -1));
}

function add({ sums, squares }: Sums, channel: number, value: number, weight: number): void {
  sums[channel]! += weight * value;
  squares[channel]! += weight * value * value;
}

interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

function momentsOf({ sums, squares }: Sums, channel: number, count: number): Moments {
  const mean = sums[channel]! / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares[channel]! / count - mean * mean)) };
}

function isConstant({ mean, deviation }: Moments): boolean {
  return deviation <= constantShare * Math.abs(mean);
}
