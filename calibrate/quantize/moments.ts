import type { ChannelCorrection } from './channelCorrection.js';

/** A rounded channel is never spread or shrunk further than this: beyond it the samples are at fault. */
const gainRange = { least: 0.7, most: 1.5 };

/** Positions where the networks differ by more than this many times the mean difference are left out. */
const trim = 2;

/** Deviation below which a channel is constant, in shares of its mean: float32 sums are no better. */
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
 * over the positions where |float - quantized| is at most twice its mean over the channel. The rest are the few
 * that a grid clipped: counted in, they would shift the whole channel for the sake of a handful (detptq.md 5b.4).
 *
 * A channel that is constant in either network tells nothing of its gain, which stays 1; its offset is the
 * difference of the means, all that can be wrong with it. Without a finite position a channel is left as it is.
 */
export function matchMoments({ float, quantized, channels }: OutputPair): ChannelCorrection {
  const gain = new Float32Array(channels).fill(1);
  const offset = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const kept = trimmedPositions({ float, quantized, channels }, channel);
    if (kept.length === 0) continue;
    const [target, got] = [momentsOf(float, kept), momentsOf(quantized, kept)];
    if (!isConstant(target) && !isConstant(got)) {
      gain[channel] = Math.min(Math.max(target.deviation / got.deviation, gainRange.least), gainRange.most);
    }
    offset[channel] = target.mean - gain[channel]! * got.mean;
  }
  return { gain, offset };
}

/** Returns the indices of a channel's elements where the two networks are close to each other. */
function trimmedPositions({ float, quantized, channels }: OutputPair, channel: number): number[] {
  let sum = 0;
  let count = 0;
  for (let i = channel; i < float.length; i += channels, count++) sum += Math.abs(float[i]! - quantized[i]!);
  const limit = (trim * sum) / count;
  const kept: number[] = [];
  for (let i = channel; i < float.length; i += channels) {
    if (Math.abs(float[i]! - quantized[i]!) <= limit) kept.push(i);
  }
  return kept;
}

interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

function momentsOf(values: Float32Array, indices: readonly number[]): Moments {
  let sum = 0;
  for (const i of indices) sum += values[i]!;
  const mean = sum / indices.length;
  let squares = 0;
  for (const i of indices) squares += (values[i]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / indices.length) };
}

function isConstant({ mean, deviation }: Moments): boolean {
  return deviation <= constantShare * Math.abs(mean);
}
