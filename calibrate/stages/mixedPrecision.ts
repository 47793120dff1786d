import { z } from 'zod';
import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer, QuantizationPlan } from '../quantize/plan.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { type Memo, noMemo } from '../search/memo.js';
import { odolFromPrefix } from '../search/odolFromPrefix.js';
import { mean } from '../search/paired.js';
import { quantizedGraph, type SearchProblem } from '../search/problem.js';
import { Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';

/** What it is worth to give one layer 8 bits. */
export interface WideningGain {
  /** Index of the layer. */
  readonly layer: number;
  /** By how much the mean ODOL falls. */
  readonly gain: number;
}

/** The layers that are quantized below 8 bits. */
export function lowBitLayers({ layers }: QuantizationPlan): readonly Layer[] {
  return layers.filter(({ weightBits, activationBits }) => weightBits < 8 || activationBits < 8);
}

/**
 * Returns, for every layer below 8 bits, by how much the ODOL falls when what it reads has 8 bits, or where that has them already, its
 * weights, everything else as it stands.
 *
 * @param options.wide the same network's parameters at 8 bits
 * @param options.images how many of the problem's images are run
 * @param options.memo of the ODOL with each layer widened. Default: none.
 * @throws AgentError `aborted`
 */
export async function wideningGains(
  workbench: Workbench,
  problem: SearchProblem,
  {
    pOfLayer,
    wide,
    images,
    memo = noMemo,
  }: {
    readonly pOfLayer: readonly PIndex[];
    readonly wide: ScaleTable;
    readonly images: number;
    readonly memo?: Memo;
  },
): Promise<WideningGain[]> {
  const { graph, plan } = problem;
  const inputs = problem.inputs.slice(0, images);
  const layers = lowBitLayers(plan);
  return Prefix.using([new Prefix(graph, plan, inputs)], async (prefix) => {
    const lossOf = async (table: ScaleTable) => {
      const quantized = quantizedGraph({ ...problem, table }, pOfLayer);
      return mean(await odolFromPrefix(workbench, problem, { prefix, quantized }));
    };
    const current = await lossOf(problem.table);
    const gains: WideningGain[] = [];
    for (const layer of layers) {
      // What a layer reads is made before it, maybe long before: then there is no prefix to go on from.
      if (layer.activationBits === 8)
        await prefix.advance(workbench, quantizedGraph(problem, pOfLayer), layer.position);
      const loss = () => lossOf(widened(problem, wide, layer));
      gains.push({ layer: layer.index, gain: current - (await memo(`${layer.index}`, z.number(), loss)) });
    }
    return gains;
  });
}

/**
 * Returns the layers that 8 bits help most, by their weights. Of those that read the same, which with one of them has 8 bits for all, the
 * first.
 *
 * @param lowBitShare smallest share of the low-bit layers that keep their bits, 0..1
 */
export function layersToWiden(
  plan: QuantizationPlan,
  gains: readonly WideningGain[],
  lowBitShare: number,
): ReadonlySet<string> {
  const count = Math.floor(gains.length * (1 - lowBitShare) + 1e-9);
  const widened = new Set<number>();
  const isOwn = ({ layer }: WideningGain) => {
    const { activationBits, convs } = plan.layers[layer]!;
    const read = gridsRead(plan, convs);
    if (activationBits === 8) return true;
    const isNew = read.some((id) => !widened.has(id));
    for (const id of read) widened.add(id);
    return isNew;
  };
  const best = gains
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain || a.layer - b.layer)
    .filter(isOwn)
    .slice(0, count);
  return new Set(best.map(({ layer }) => plan.layers[layer]!.weight));
}

function gridsRead({ gridOfTensor }: QuantizationPlan, convs: Layer['convs']): number[] {
  return convs.flatMap(({ inputs }) => gridOfTensor.get(inputs[0]!) ?? []);
}

function widened({ plan, table }: SearchProblem, wide: ScaleTable, layer: Layer): ScaleTable {
  const { index, convs, activationBits } = layer;
  if (activationBits === 8) {
    return {
      ...table,
      weights: table.weights.with(index, wide.weights[index]!),
      corrections: table.corrections.with(index, undefined),
    };
  }
  const read = new Set(gridsRead(plan, convs));
  return { ...table, grids: table.grids.map((grid, id) => (read.has(id) ? wide.grids[id]! : grid)) };
}
