import type { Detector } from '../detector/detector.js';
import type { RawImage } from '../detector/image.js';
import { untilAborted } from './untilAborted.js';

export interface WarmUpOptions {
  /** Encoded images to detect in, in turn; without any, a grey picture of the input's size. */
  readonly frames?: readonly Uint8Array[];
  /** Default 3: the first run allocates, the second plans, the third is steady. */
  readonly runs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs all stages of `detector` a few times, so that the first request after a swap is as fast as any.
 *
 * @throws the reason of `signal`, and the errors of `Detector.detect`
 */
export async function warmUp(detector: Detector, options: WarmUpOptions = {}): Promise<void> {
  const { frames = [], runs = 3, signal } = options;
  const images = frames.length > 0 ? frames : [greyPicture(detector)];
  for (let run = 0; run < runs; run += 1) {
    signal?.throwIfAborted();
    const detecting = detector.detect(images[run % images.length]!);
    await (signal ? untilAborted(detecting, signal) : detecting);
  }
}

function greyPicture(detector: Detector): RawImage {
  const [, , height, width] = detector.manifest.input.shape;
  return { width, height, data: new Uint8Array(width * height * 3).fill(128) };
}
