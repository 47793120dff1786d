import { type Graph, producers } from '../../runtime/graph/graph.js';
import type { QuantParams } from '../../runtime/quantParams.js';
import { inputsOnOutputGrid } from '../quantize/gridSharing.js';
import type { ValueDistribution } from '../quantize/histogram.js';
import type { Grid, Layer, QuantizationPlan } from '../quantize/plan.js';
import { signalToNoiseDb } from '../quantize/signalToNoise.js';

/** A layer whose convolutions write on grids of their own, each read by an activation alone. */
export interface PreActivation {
  readonly layer: Layer;
  /** One for each of its convolutions that an activation follows, possibly behind pools. */
  readonly grids: readonly Grid[];
}

export interface RankedPreActivation extends PreActivation {
  /** Signal to quantization noise behind the activation, in decibels: the least of the layer's grids. */
  readonly sqnrDb: number;
}

/**
 * Returns the layers with pre-activation grids, in the plan's order. There is none between a convolution and the ReLU
 * or Clip that is fused with it.
 */
export function preActivationGrids(graph: Graph, plan: QuantizationPlan): PreActivation[] {
  const made = producers(graph);
  const layerOfConv = new Map(
    plan.layers.flatMap((layer) => layer.convs.map((conv) => [conv, layer] as const)),
  );
  const gridsOf = new Map<Layer, Grid[]>(plan.layers.map((layer) => [layer, []]));
  for (const grid of plan.grids) {
    if (grid.activation === undefined) continue;
    const origins = grid.tensors.flatMap((tensor) => {
      const node = made.get(tensor);
      const isMoved = node && inputsOnOutputGrid(node).some((input) => grid.tensors.includes(input));
      return isMoved ? [] : [node];
    });
    const layer = origins.length === 1 && origins[0] ? layerOfConv.get(origins[0]) : undefined;
    if (layer) gridsOf.get(layer)!.push(grid);
  }
  return [...gridsOf].flatMap(([layer, grids]) => (grids.length > 0 ? [{ layer, grids }] : []));
}

/**
 * Returns them with their ratio of signal to noise, the worst first. Needs no run.
 *
 * @param grids parameters by grid id
 * @param distributions by grid id
 */
export function rankPreActivations(
  preActivations: readonly PreActivation[],
  { grids, distributions }: { grids: readonly QuantParams[]; distributions: readonly ValueDistribution[] },
): RankedPreActivation[] {
  const ranked = preActivations.map((preActivation) => {
    const ratios = preActivation.grids.map(({ id, activation }) =>
      signalToNoiseDb(distributions[id]!, grids[id]!, activation),
    );
    return { ...preActivation, sqnrDb: Math.min(...ratios) };
  });
  return ranked.sort((a, b) => a.sqnrDb - b.sqnrDb || a.layer.index - b.layer.index);
}
