import type { Graph } from '../../runtime/graph/graph.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { channelsOf, type TensorSample } from './sampleTensors.js';

/**
 * What the mean over the images is taken of. Between the largest of all images, which is that of an odd one and cost YOLOX-Nano up to 28 % of
 * its ODOL at W8A8, and their root mean square, with which the person detector lost 0.2 AP for want of what is rare.
 */
const power = 4;

/** How far each channel of some tensors reaches: the largest |x| of an image, in the mean over the images of its fourth power. */
export class ChannelPeaks {
  /** Sums of the powers by channel. */
  readonly #sums: ReadonlyMap<string, Float64Array>;
  #images = 0;

  /** @param tensors float32 `[1, C, H, W]`, inputs of `graph` or made in it */
  constructor(graph: Graph, tensors: readonly string[]) {
    const types = tensorTypes(graph);
    const count = (tensor: string) => channelsOf(fixedDims(types.get(tensor))!).channels;
    this.#sums = new Map(tensors.map((tensor) => [tensor, new Float64Array(count(tensor))]));
  }

  get tensors(): readonly string[] {
    return [...this.#sums.keys()];
  }

  /** Takes the samples of one image; those of other tensors are passed over. */
  add(samples: readonly TensorSample[]): void {
    this.#images++;
    for (const { tensor, extremes } of samples) {
      const sums = this.#sums.get(tensor);
      if (!sums) continue;
      const [least, largest] = [extremes.subarray(0, sums.length), extremes.subarray(sums.length)];
      for (let channel = 0; channel < sums.length; channel++)
        sums[channel]! += Math.max(-least[channel]!, largest[channel]!) ** power;
    }
  }

  /** Returns the peaks by tensor and channel. */
  peaks(): Map<string, Float32Array> {
    const peak = (sum: number) => (sum / this.#images) ** (1 / power);
    return new Map([...this.#sums].map(([tensor, sums]) => [tensor, Float32Array.from(sums, peak)]));
  }
}
