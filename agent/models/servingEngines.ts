import type { Manifest } from '../../runtime/detector/manifest.js';
import type { EngineOrder } from '../engines/engineOrder.js';

/** What serves: what is fastest in float need not be so in integers, so a swap may go from one engine to the other. */
export interface ServingEngines {
  readonly float: EngineOrder;
  readonly quantized: EngineOrder;
}

/** Returns the engines that may serve a model. */
export function servingEngines(
  { float, quantized }: ServingEngines,
  { quantization }: Manifest,
): EngineOrder {
  return quantization === undefined ? float : quantized;
}
