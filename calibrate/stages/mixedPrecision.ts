import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer, QuantizationPlan } from '../quantize/plan.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { odolFromPrefix } from '../search/odolFromPrefix.js';
import { mean } from '../search/paired.js';
import { quantizedGraph, type SearchProblem } from '../search/problem.js';
import { Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';

/** What it is worth to give one layer's weights 8 bits. */
export interface WideningGain {
  /** Index of the layer. */
  readonly layer: number;
  /** By how much the mean ODOL falls. */
  readonly gain: number;
}

/** The layers that are quantized below 8 bits. */
export function lowBitLayers({ layers }: QuantizationPlan): readonly Layer[] {
  return layers.filter(({ weightBits }) => weightBits < 8);
}

/**
 * Returns, for every layer below 8 bits, by how much the ODOL falls when that layer's weights alone have 8 bits,
 * everything else as it stands; each is run from the quantized prefix.
 *
 * @param wide the same network's parameters at 8 bits
 * @param images how many of the problem's images are run
 * @throws AgentError `aborted`
 */
export async function wideningGains(
  workbench: Workbench,
  problem: SearchProblem,
  { pOfLayer, wide, images }: { pOfLayer: readonly PIndex[]; wide: ScaleTable; images: number },
): Promise<WideningGain[]> {
  const { graph, plan, inputs } = problem;
  return Prefix.using([new Prefix(graph, plan, inputs.slice(0, images))], (prefix) =>
    gainsFrom(prefix, workbench, { problem, pOfLayer, wide }),
  );
}

async function gainsFrom(
  prefix: Prefix,
  workbench: Workbench,
  { problem, pOfLayer, wide }: { problem: SearchProblem; pOfLayer: readonly PIndex[]; wide: ScaleTable },
): Promise<WideningGain[]> {
  const { plan } = problem;
  const lossFrom = async (table: ScaleTable) => {
    const quantized = quantizedGraph({ ...problem, table }, pOfLayer);
    return mean(await odolFromPrefix(workbench, problem, { prefix, quantized }));
  };
  const current = await lossFrom(problem.table);
  const gains: WideningGain[] = [];
  for (const layer of lowBitLayers(plan)) {
    await prefix.advance(workbench, quantizedGraph(problem, pOfLayer), layer.position);
    gains.push({ layer: layer.index, gain: current - (await lossFrom(widened(problem, wide, layer))) });
  }
  return gains;
}

/**
 * Returns the names of the weights that 8 bits help most.
 *
 * @param lowBitShare smallest share of the low-bit layers that keep their bits, 0..1
 */
export function weightsToWiden(
  plan: QuantizationPlan,
  gains: readonly WideningGain[],
  lowBitShare: number,
): ReadonlySet<string> {
  const count = Math.floor(gains.length * (1 - lowBitShare) + 1e-9);
  const best = gains
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain || a.layer - b.layer)
    .slice(0, count);
  return new Set(best.map(({ layer }) => plan.layers[layer]!.weight));
}

function widened({ table }: SearchProblem, wide: ScaleTable, { index }: Layer): ScaleTable {
  return {
    ...table,
    weights: table.weights.with(index, wide.weights[index]!),
    corrections: table.corrections.with(index, undefined),
  };
}
