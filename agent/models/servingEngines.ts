import type { Manifest } from '../../runtime/detector/manifest.js';
import type { Engine } from '../../runtime/engines/engine.js';

/** What serves: what is fastest in float need not be so in integers, so a swap may go from one engine to the other. */
export interface ServingEngines {
  readonly float: Engine;
  readonly quantized: Engine;
}

/** Returns the engine that serves a model. */
export function servingEngine({ float, quantized }: ServingEngines, { quantization }: Manifest): Engine {
  return quantization === undefined ? float : quantized;
}
