import type { Manifest } from '../../runtime/detector/manifest.js';
import { framesDigest } from '../frames/framesDigest.js';
import type { LayerReport, QuantizeReport } from '../report.js';
import type { controlReports } from './controlReports.js';
import type { Judgement } from './judge.js';
import type { QuantizeOptions, QuantizeResult } from './quantizeModel.js';

/** Returns the float model's manifest with all that says where the quantized one comes from. */
export function quantizedManifest(
  options: QuantizeOptions,
  {
    layers,
    scalesDigest,
    judgement,
  }: { layers: readonly LayerReport[]; scalesDigest: string; judgement: Judgement },
): QuantizeResult['manifest'] {
  const { weightBits, activationBits, frames } = options;
  return {
    ...withoutModel(options.manifest),
    quantization: {
      parent: options.parentDigest,
      recipe: options.recipe,
      weightBits,
      activationBits,
      activations: activationBits === 8 ? 'executed' : 'simulated',
      layers: layers.map(({ name, weightBits, activationBits, p }) => ({
        name,
        weightBits,
        activationBits,
        p,
      })),
      scalesDigest,
      calibration: { digest: framesDigest(frames.search), frames: frames.search.length },
      odol: judgement.odol,
      agreement: judgement.agreement,
      engine: options.engine.name,
      seed: options.seed,
      toolVersion: options.toolVersion,
    },
  };
}

/** What a report says of what came out, before anything is written. */
type Outcome = 'stages' | 'layers' | keyof ReturnType<typeof controlReports> | 'notes' | 'total';

/** Returns the part of a report that says what was asked for, and blanks for what is measured on the written file. */
export function reportHeader(options: QuantizeOptions): Omit<QuantizeReport, Outcome> {
  const { frames } = options;
  return {
    model: options.manifest.name,
    parent: options.parentDigest,
    recipe: options.recipe,
    bits: { weight: options.weightBits, activation: options.activationBits },
    engine: options.engine.name,
    seed: options.seed,
    toolVersion: options.toolVersion,
    versions: {},
    frames: {
      search: frames.search.length,
      heldOut: frames.heldOut.length,
      digest: framesDigest(frames.search),
      heldOutDigest: framesDigest(frames.heldOut),
    },
    served: null,
    labelled: null,
    latency: null,
    size: null,
  };
}

function withoutModel({ model: _, ...rest }: Manifest): Omit<Manifest, 'model'> {
  return rest;
}
