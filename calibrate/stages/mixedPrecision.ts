import { z } from 'zod';
import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer, QuantizationPlan } from '../quantize/plan.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { lazyGreedy } from '../search/lazyGreedy.js';
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

/**
 * Returns how many of the layers below 8 bits may get 8.
 *
 * @param lowBitShare smallest share of them that keep their bits, 0..1
 */
export function mostWidened(plan: QuantizationPlan, lowBitShare: number): number {
  return Math.floor(lowBitLayers(plan).length * (1 - lowBitShare) + 1e-9);
}

interface WideningOptions {
  readonly pOfLayer: readonly PIndex[];
  /** The same network's parameters at 8 bits. */
  readonly wide: ScaleTable;
  /** Of the ODOL of each layer or list of layers. Default: none. */
  readonly memo?: Memo;
}

/**
 * Returns, for every layer below 8 bits, the ODOL of its weights alone, on the first `images` of the problem: that of the network with
 * activations in float and all other weights at 8 bits, less that without it. Where everything is coarse, chance decides what becomes of detections, and one layer's part of it
 * drowns: on YOLO-Fastest a fifth of the layers, chosen there, lowered the held-out ODOL by 8 %, chosen so by 18.
 *
 * @throws AgentError `aborted`
 */
export async function weightWideningGains(
  workbench: Workbench,
  problem: SearchProblem,
  { pOfLayer, wide, images, memo = noMemo }: WideningOptions & { readonly images: number },
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

/** Returns the layers that gain most, `count` at most, the most first; one that gains nothing is none of them. */
export function mostGaining(gains: readonly WideningGain[], count: number): number[] {
  return gains
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain || a.layer - b.layer)
    .slice(0, count)
    .map(({ layer }) => layer);
}

interface ReadingOptions extends WideningOptions {
  /** Layers at most. */
  readonly count: number;
  /** Told before each trial how many layers are chosen. */
  readonly onTrial?: (chosen: number) => void;
}

/**
 * Returns the layers for which it is worth most that what they read has 8 bits, one chosen after the other beside those before it,
 * everything else as it stands. What each gains by itself says little of several: on the demo detector at W4A4 a fifth of the layers, so
 * chosen, lowers the held-out ODOL by 51 %, chosen each by itself on 8 images by 41. It wants all images: two fifths, chosen on 16 of the
 * 32, lower it by 59 %, on all by 68. Of layers that read the same, which with one of them has 8 bits for all, it is the first.
 *
 * @throws AgentError `aborted`
 */
export async function layersToReadFinely(
  workbench: Workbench,
  problem: SearchProblem,
  { count, pOfLayer, wide, onTrial, memo = noMemo }: ReadingOptions,
): Promise<number[]> {
  const { plan, table } = problem;
  const lossOf = async (layers: readonly number[]) => {
    const fine = new Set(layers.flatMap((layer) => gridsRead(plan, layer)));
    const grids = table.grids.map((grid, id) => (fine.has(id) ? wide.grids[id]! : grid));
    return mean(await odolByImage(workbench, { ...problem, table: { ...table, grids } }, pOfLayer));
  };
  return lazyGreedy(firstReaders(plan), count, (layers) => {
    onTrial?.(Math.max(0, layers.length - 1));
    return memo(layers.join('+'), z.number(), () => lossOf(layers));
  });
}

/** The layers below 8 bits, of those that read the same grids the first. */
function firstReaders(plan: QuantizationPlan): number[] {
  const known = new Set<string>();
  return lowBitLayers(plan).flatMap(({ index }) => {
    const grids = gridsRead(plan, index).join();
    if (known.has(grids)) return [];
    known.add(grids);
    return [index];
  });
}

function gridsRead({ gridOfTensor, layers }: QuantizationPlan, layer: number): number[] {
  return layers[layer]!.convs.flatMap(({ inputs }) => gridOfTensor.get(inputs[0]!) ?? []);
}
