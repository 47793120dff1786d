import { z } from 'zod';
import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer, QuantizationPlan } from '../quantize/plan.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { type Memo, noMemo } from '../search/memo.js';
import { odolFromPrefix } from '../search/odolFromPrefix.js';
import { mean } from '../search/paired.js';
import { odolByImage, quantizedGraph, type SearchProblem } from '../search/problem.js';
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

interface WideningOptions {
  readonly pOfLayer: readonly PIndex[];
  /** The same network's parameters at 8 bits. */
  readonly wide: ScaleTable;
  /** How many of the problem's images are run. */
  readonly images: number;
  /** Of the ODOL that tells of each layer. Default: none. */
  readonly memo?: Memo;
}

/**
 * Returns, for every layer below 8 bits, the ODOL of its weights alone: that of the network with activations in float and all other weights at 8
 * bits, less that without it. Where everything is coarse, chance decides what becomes of detections, and one layer's part of it
 * drowns: on YOLO-Fastest a fifth of the layers, chosen there, lowered the held-out ODOL by 8 %, chosen so by 18.
 *
 * @throws AgentError `aborted`
 */
export async function weightWideningGains(
  workbench: Workbench,
  problem: SearchProblem,
  { pOfLayer, wide, images, memo = noMemo }: WideningOptions,
): Promise<WideningGain[]> {
  const { graph, table } = problem;
  const plan = { ...problem.plan, gridOfTensor: new Map<string, number>() };
  const exact = { ...table, weights: wide.weights, corrections: wide.corrections };
  const graphOf = (own: ScaleTable) => quantizedGraph({ graph, plan, table: own }, pOfLayer);
  return Prefix.using([new Prefix(graph, plan, problem.inputs.slice(0, images))], async (prefix) => {
    const lossOf = async (own: ScaleTable) =>
      mean(await odolFromPrefix(workbench, problem, { prefix, quantized: graphOf(own) }));
    const without = await memo('none', z.number(), () => lossOf(exact));
    const gains: WideningGain[] = [];
    for (const { index, position } of lowBitLayers(problem.plan)) {
      await prefix.advance(workbench, graphOf(exact), position);
      const narrowed = {
        ...exact,
        weights: exact.weights.with(index, table.weights[index]!),
        corrections: exact.corrections.with(index, table.corrections[index]),
      };
      gains.push({
        layer: index,
        gain: (await memo(`${index}`, z.number(), () => lossOf(narrowed))) - without,
      });
    }
    return gains;
  });
}

/**
 * Returns, for every layer below 8 bits, by how much the ODOL falls when what it reads has 8 bits, everything else as it stands.
 *
 * @throws AgentError `aborted`
 */
export async function inputWideningGains(
  workbench: Workbench,
  problem: SearchProblem,
  { pOfLayer, wide, images, memo = noMemo }: WideningOptions,
): Promise<WideningGain[]> {
  const { plan, table } = problem;
  const lossOf = async (grids: ScaleTable['grids']) =>
    mean(await odolByImage(workbench, { ...problem, table: { ...table, grids } }, pOfLayer, { to: images }));
  const current = await memo('none', z.number(), () => lossOf(table.grids));
  const gains: WideningGain[] = [];
  for (const { index, convs } of lowBitLayers(plan)) {
    const read = new Set(gridsRead(plan, convs));
    const widened = () => lossOf(table.grids.map((grid, id) => (read.has(id) ? wide.grids[id]! : grid)));
    gains.push({ layer: index, gain: current - (await memo(`${index}`, z.number(), widened)) });
  }
  return gains;
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
