import type { Activation } from '../quantize/activation.js';
import { GrowingHistogram, mergeDistributions, type ValueDistribution } from '../quantize/histogram.js';
import type { TensorSample } from './sampleTensors.js';

/** Histograms of a tensor's values by the function that their channels go through. */
export class ChannelHistograms {
  readonly #groups: readonly { readonly channels: readonly number[]; readonly histogram: GrowingHistogram }[];

  /** @param activation of several functions */
  constructor({ functions }: Activation) {
    this.#groups = functions.map(({ channels = [] }) => ({ channels, histogram: new GrowingHistogram() }));
  }

  add({ values, extremes, stride }: TensorSample): void {
    const count = extremes.length / 2;
    const length = values.length / count;
    for (const { channels, histogram } of this.#groups) {
      for (const channel of channels) {
        histogram.add(values.subarray(channel * length, (channel + 1) * length), stride);
        if (stride > 1) histogram.add(Float32Array.of(extremes[channel]!, extremes[count + channel]!));
      }
    }
  }

  /** Returns the values of each function's channels, as shares of all values. */
  distributions(): Pick<ValueDistribution, 'centers' | 'weights'>[] {
    const total = this.#groups.reduce((sum, { channels }) => sum + channels.length, 0);
    return this.#groups.map(({ channels, histogram }) => {
      const { centers, weights } = mergeDistributions([histogram]);
      return { centers, weights: weights.map((weight) => (weight * channels.length) / total) };
    });
  }
}
