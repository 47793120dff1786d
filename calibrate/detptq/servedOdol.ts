import type { Detector } from '../../runtime/detector/detector.js';
import type { Frame } from '../frames/frame.js';
import { Odol } from '../search/odol.js';
import { mean } from '../search/paired.js';
import { throwIfAborted } from '../throwIfAborted.js';

export interface ServedFrames {
  readonly frames: readonly Frame[];
  readonly signal: AbortSignal;
}

/**
 * Measures the ODOL of quantized detectors against the float one, all as they are loaded: what a search says of its graph is
 * checked by it.
 */
export class ServedOdol {
  readonly #odol: Odol;
  readonly #served: ServedFrames;

  private constructor(odol: Odol, served: ServedFrames) {
    this.#odol = odol;
    this.#served = served;
  }

  /**
   * Returns what measures against the float detector, which is run on the frames.
   *
   * @param options.lambda weight of the localization, the search's own
   * @throws AgentError what the detector throws, `aborted`
   */
  static async against(
    float: Detector,
    { lambda, ...served }: ServedFrames & { readonly lambda: number },
  ): Promise<ServedOdol> {
    const odol = new Odol(float.head);
    odol.lambda = lambda;
    for (const { bytes } of served.frames) {
      throwIfAborted(served.signal);
      odol.addReference(await float.infer(await float.prepare(bytes)));
    }
    return new ServedOdol(odol, served);
  }

  /**
   * Returns a quantized detector's mean over the frames.
   *
   * @throws AgentError what the detector throws, `aborted`
   */
  async of(quantized: Detector): Promise<number> {
    const { frames, signal } = this.#served;
    const odols: number[] = [];
    for (const [image, { bytes }] of frames.entries()) {
      throwIfAborted(signal);
      const outputs = await quantized.infer(await quantized.prepare(bytes));
      odols.push(this.#odol.value(this.#odol.terms(image, outputs)));
    }
    return mean(odols);
  }
}
