import type { TensorSample } from './sampleTensors.js';

/**
 * What the mean over the images is taken of. Between the largest of all images, which is that of an odd one and cost YOLOX-Nano up to 28 % of
 * its ODOL at W8A8, and their root mean square, with which the person detector lost 0.2 AP for want of what is rare.
 */
const power = 4;

/**
 * How far each channel of some tensors reaches: the largest |x| of an image, in the mean over the images of its fourth power. The order in
 * which the images come does not matter.
 */
export class ChannelPeaks {
  /** By image, the largest of every channel. */
  readonly #largest: ReadonlyMap<string, Float32Array[]>;

  /** @param tensors float32 `[1, C, H, W]`, known wherever samples of them come from */
  constructor(tensors: readonly string[]) {
    this.#largest = new Map(tensors.map((tensor) => [tensor, []]));
  }

  get tensors(): readonly string[] {
    return [...this.#largest.keys()];
  }

  /** Takes the samples of one image; those of other tensors are passed over. */
  add(samples: readonly TensorSample[], image: number): void {
    for (const { tensor, extremes } of samples) {
      const ofImages = this.#largest.get(tensor);
      if (!ofImages) continue;
      const channels = extremes.length / 2;
      ofImages[image] = Float32Array.from({ length: channels }, (_, channel) =>
        Math.max(-extremes[channel]!, extremes[channels + channel]!),
      );
    }
  }

  /** Returns the peaks by tensor and channel. */
  peaks(): Map<string, Float32Array> {
    return new Map([...this.#largest].map(([tensor, ofImages]) => [tensor, powerMean(ofImages)]));
  }
}

function powerMean(ofImages: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array()] = ofImages;
  return first.map((_, channel) => {
    const sum = ofImages.reduce((total, largest) => total + largest[channel]! ** power, 0);
    return (sum / ofImages.length) ** (1 / power);
  });
}
