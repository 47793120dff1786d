import { consumers, type Graph, producers } from '../../runtime/graph/graph.js';
import type { QuantParams } from '../../runtime/quantParams.js';
import { originTensors } from '../quantize/gridSharing.js';
import type { ValueDistribution } from '../quantize/histogram.js';
import type { Grid, Layer, QuantizationPlan } from '../quantize/plan.js';
import { decibels, powersBehind } from '../quantize/signalToNoise.js';

/** A layer whose convolutions write on grids of their own, each read by an activation alone. */
export interface PreActivation {
  readonly layer: Layer;
  /** One for each of its convolutions that an activation follows, possibly behind pools. */
  readonly sites: readonly PreActivationSite[];
}

export interface PreActivationSite {
  readonly grid: Grid;
  /** Id of the grid of what the activation makes, `undefined` where that stays float. */
  readonly gridBehind: number | undefined;
}

export interface RankedPreActivation extends PreActivation {
  /**
   * Noise behind the activation over that of the grid which the activation's values come to lie on anyway, in
   * decibels: at 0, mending halves what the two do together; far below, it is no use. Of the layer's sites the worst.
   */
  readonly excessDb: number;
}

/**
 * Returns the layers with pre-activation grids, in the plan's order. There is none between a convolution and the ReLU
 * or Clip that is fused with it.
 */
export function preActivationGrids(graph: Graph, plan: QuantizationPlan): PreActivation[] {
  const made = producers(graph);
  const readers = consumers(graph);
  const layerOfConv = new Map(
    plan.layers.flatMap((layer) => layer.convs.map((conv) => [conv, layer] as const)),
  );
  const sitesOf = new Map<Layer, PreActivationSite[]>(plan.layers.map((layer) => [layer, []]));
  for (const grid of plan.grids) {
    if (grid.activation === undefined) continue;
    const origins = originTensors(graph, grid.tensors);
    const maker = origins.length === 1 ? made.get(origins[0]!) : undefined;
    const layer = maker && layerOfConv.get(maker);
    if (layer === undefined) continue;
    // The activation's last node; a gate before it makes no values of its own.
    const results = grid.tensors.flatMap((tensor) =>
      (readers.get(tensor) ?? []).map(({ outputs }) => outputs[0]!),
    );
    const result = results.findLast((tensor) => !grid.tensors.includes(tensor));
    sitesOf.get(layer)!.push({ grid, gridBehind: plan.gridOfTensor.get(result ?? '') });
  }
  return [...sitesOf].flatMap(([layer, sites]) => (sites.length > 0 ? [{ layer, sites }] : []));
}

/**
 * Returns them with their noise, the largest excess first. Needs no run.
 *
 * The excess names what hurts far better than the ratio to the signal does: of NanoDet-Plus's 71 layers it puts the
 * stem first, which costs by far the most and is only tenth by the signal.
 *
 * @param grids parameters by grid id
 * @param distributions by grid id
 */
export function rankPreActivations(
  preActivations: readonly PreActivation[],
  { grids, distributions }: { grids: readonly QuantParams[]; distributions: readonly ValueDistribution[] },
): RankedPreActivation[] {
  const excessOf = ({ grid: { id, activation }, gridBehind }: PreActivationSite) => {
    const { noise } = powersBehind(distributions[id]!, grids[id]!, activation);
    const behind =
      gridBehind === undefined ? 0 : powersBehind(distributions[gridBehind]!, grids[gridBehind]!).noise;
    return decibels(noise, behind);
  };
  const ranked = preActivations.map((preActivation) => ({
    ...preActivation,
    excessDb: Math.max(...preActivation.sites.map(excessOf)),
  }));
  return ranked.sort((a, b) => b.excessDb - a.excessDb || a.layer.index - b.layer.index);
}
