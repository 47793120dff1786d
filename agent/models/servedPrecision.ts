import type { Manifest } from '../../runtime/detector/manifest.js';
import type { Int8Support } from '../../runtime/engines/engine.js';
import type { Precision } from '../../runtime/serving/servedModel.js';

/** Returns how the arithmetic of a model is really done on an engine with that support of int8. */
export function servedPrecision({ quantization }: Manifest, int8: Int8Support): Precision {
  if (quantization === undefined) return 'float32';
  if (quantization.activations === 'executed' && int8 === 'executed') return 'int8';
  return `simulated-w${quantization.weightBits}a${quantization.activationBits}`;
}
