import type { Detector } from '../../runtime/detector/detector.js';
import type { Frame } from '../frames/frame.js';
import { Odol } from '../search/odol.js';
import { mean } from '../search/paired.js';
import { throwIfAborted } from '../throwIfAborted.js';

/**
 * Returns the mean ODOL of a quantized detector against the float one, both as they are loaded: what a search says of its
 * graph is checked by it.
 *
 * @param options.lambda weight of the localization, the search's own
 * @throws AgentError what the detectors throw, `aborted`
 */
export async function servedOdol(
  { float, quantized }: { readonly float: Detector; readonly quantized: Detector },
  frames: readonly Frame[],
  { lambda, signal }: { readonly lambda: number; readonly signal: AbortSignal },
): Promise<number> {
  const odol = new Odol(float.head);
  odol.lambda = lambda;
  const terms = [];
  for (const [image, { bytes }] of frames.entries()) {
    throwIfAborted(signal);
    odol.addReference(await float.infer(await float.prepare(bytes)));
    terms.push(odol.terms(image, await quantized.infer(await quantized.prepare(bytes))));
  }
  return mean(terms.map((one) => odol.value(one)));
}
