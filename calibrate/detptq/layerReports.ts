import { clippedShare } from '../quantize/activationGrid.js';
import type { ValueDistribution } from '../quantize/histogram.js';
import { type PIndex, pName } from '../quantize/lpMetric.js';
import type { Layer, QuantizationPlan } from '../quantize/plan.js';
import type { Quantizers } from '../quantize/scaleTable.js';
import type { LayerReport } from '../report.js';
import type { TriedP } from '../search/layerSearch.js';

/**
 * Returns what was decided for each layer and why.
 *
 * @param distributions by grid id
 * @param tried by layer index; absent without a per-layer search
 * @param macs `nodeMacs` of the float network
 * @param sqnrDb by layer index
 */
export function layerReports(
  plan: QuantizationPlan,
  {
    quantizers,
    distributions,
    pOfLayer,
    tried,
    macs,
    sqnrDb,
  }: {
    quantizers: Quantizers;
    distributions: readonly ValueDistribution[];
    pOfLayer: readonly PIndex[];
    tried: readonly (readonly TriedP[])[] | undefined;
    macs?: ReadonlyMap<string, number>;
    sqnrDb?: readonly number[];
  },
): LayerReport[] {
  return plan.layers.map((layer) => ({
    name: layer.name,
    role: layer.role,
    weightBits: layer.weightBits,
    activationBits: layer.activationBits,
    p: pName(pOfLayer[layer.index]!),
    clipShare: Math.max(
      0,
      ...layer.grids.map((id) => clippedShare(distributions[id]!, quantizers.grids[id]!)),
    ),
    ...(macs && { macs: macsOf(layer, macs) }),
    ...(sqnrDb && { sqnrDb: sqnrDb[layer.index]! }),
    tried: (tried?.[layer.index] ?? []).map(({ p, odol }) => ({ p: pName(p), odol })),
  }));
}

/** Adds up over a layer's convolutions: a head on several pyramid levels runs once on each. */
function macsOf({ convs }: Layer, macs: ReadonlyMap<string, number>): number {
  return convs.reduce((sum, { outputs }) => sum + (macs.get(outputs[0]!) ?? 0), 0);
}
