import { clippedShare } from '../quantize/activationGrid.js';
import type { ValueDistribution } from '../quantize/histogram.js';
import { type PIndex, pName } from '../quantize/lpMetric.js';
import type { QuantizationPlan } from '../quantize/plan.js';
import type { Quantizers } from '../quantize/scaleTable.js';
import type { LayerReport } from '../report.js';
import type { TriedP } from '../search/layerSearch.js';

/**
 * Returns what was decided for each layer and why.
 *
 * @param distributions by grid id
 * @param tried by layer index; absent without a per-layer search
 */
export function layerReports(
  plan: QuantizationPlan,
  {
    quantizers,
    distributions,
    pOfLayer,
    tried,
  }: {
    quantizers: Quantizers;
    distributions: readonly ValueDistribution[];
    pOfLayer: readonly PIndex[];
    tried: readonly (readonly TriedP[])[] | undefined;
  },
): LayerReport[] {
  return plan.layers.map((layer) => ({
    name: layer.name,
    weightBits: layer.weightBits,
    activationBits: layer.activationBits,
    p: pName(pOfLayer[layer.index]!),
    clipShare: Math.max(
      0,
      ...layer.grids.map((id) => clippedShare(distributions[id]!, quantizers.grids[id]!)),
    ),
    tried: (tried?.[layer.index] ?? []).map(({ p, odol }) => ({ p: pName(p), odol })),
  }));
}
