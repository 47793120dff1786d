import type { Graph } from '../../runtime/graph/graph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import type { ChannelCorrection } from '../quantize/channelCorrection.js';
import { reconstructWeights } from '../quantize/gptq.js';
import type { PIndex } from '../quantize/lpMetric.js';
import { matchMoments } from '../quantize/moments.js';
import { PerP } from '../quantize/perP.js';
import type { Layer } from '../quantize/plan.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { dequantizeWeights, type QuantizedWeights } from '../quantize/weightGrid.js';
import { quantizedGraph, type SearchProblem } from '../search/problem.js';
import { gram } from '../workbench/gram.js';
import { layerOutputs } from '../workbench/layerSamples.js';
import { Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';
import { type Site, sampledInputs, sampledOutputs } from './layerSite.js';

/** What reconstruction decides for one layer. */
export interface ReconstructedLayer {
  /** By p of `pValues`; p that give equal weights share one object. `undefined` where they stay as they were. */
  readonly weights: readonly QuantizedWeights[] | undefined;
  readonly correction: ChannelCorrection | undefined;
}

export interface ReconstructOptions {
  /** The p that the prefix has, and that the corrections are made for. */
  readonly pOfLayer: readonly PIndex[];
  /** Rebuild the weights below 8 bits by least squares and GPTQ. */
  readonly rounding: boolean;
  /** Correct every layer's outputs to the moments of the float network's. */
  readonly moments: boolean;
  /** Chooses the positions that are sampled. */
  readonly seed: number;
  /** Layers that were decided before, by index. */
  readonly known: (layer: number) => ReconstructedLayer | undefined;
  /** Called after every layer that was not known; awaited. */
  readonly onLayer: (layer: number, decided: ReconstructedLayer) => Promise<void>;
}

/**
 * Returns the table with weights and corrections rebuilt layer by layer, from the input to the output, each on what the
 * quantized layers before it really hand on (detptq.md 5.1, 5.3): weights below 8 bits by asymmetric GPTQ, for every p's
 * scales; then each output channel's mean and deviation by trimmed moment matching.
 *
 * @throws AgentError `activations_not_finite`, `aborted`
 */
export async function reconstructLayers(
  workbench: Workbench,
  problem: SearchProblem,
  options: ReconstructOptions,
): Promise<ScaleTable> {
  const { graph, plan, inputs } = problem;
  const inFloat = new Prefix(graph, { ...plan, gridOfTensor: new Map() }, inputs);
  return Prefix.using([inFloat, new Prefix(graph, plan, inputs)], (float, quantized) =>
    reconstructFrom(workbench, problem, { ...options, float, quantized }),
  );
}

async function reconstructFrom(
  workbench: Workbench,
  problem: SearchProblem,
  { float, quantized, ...options }: ReconstructOptions & Pick<Site, 'float' | 'quantized'>,
): Promise<ScaleTable> {
  const { graph, plan } = problem;
  let { table } = problem;
  for (const layer of plan.layers) {
    let decided = options.known(layer.index);
    if (!isRebuilt(layer, options)) continue;
    const soFar = quantizedGraph({ graph, plan, table }, options.pOfLayer);
    // A layer that is known is passed through too: cut elsewhere, the networks would round otherwise.
    await float.advance(workbench, graph, layer.position);
    await quantized.advance(workbench, soFar, layer.position);
    if (!decided) {
      const site = { layer, problem: { ...problem, table }, float, quantized };
      decided = await decide(workbench, site, options);
      await options.onLayer(layer.index, decided);
    }
    table = withLayer(table, layer, decided);
  }
  return table;
}

function isRebuilt({ role, weightBits }: Layer, { rounding, moments }: ReconstructOptions): boolean {
  return moments || (rounding && role === 'dense' && weightBits < 8);
}

function withLayer(
  table: ScaleTable,
  { index }: Layer,
  { weights, correction }: ReconstructedLayer,
): ScaleTable {
  return {
    ...table,
    weights: weights ? table.weights.with(index, PerP.of(weights)) : table.weights,
    corrections: table.corrections.with(index, correction),
  };
}

async function decide(
  workbench: Workbench,
  site: Site,
  { pOfLayer, rounding, moments, seed }: ReconstructOptions,
): Promise<ReconstructedLayer> {
  const { layer, problem } = site;
  const { index, weightBits: bits } = layer;
  const options = { pOfLayer, seed: seed + index };
  if (!rounding || layer.role !== 'dense' || bits >= 8) {
    return { weights: undefined, correction: matchMoments(await sampledOutputs(workbench, site, options)) };
  }
  const { graph } = problem;
  const rows = await sampledInputs(workbench, site, options);
  const weights = graph.initializers.get(layer.weight)!;
  const rounded = reconstructWeights({ weights, ...(await gram(workbench, rows)), bits });
  if (!moments) return { weights: rounded, correction: undefined };
  const bias = biasOf(graph, layer);
  const outputs = (values: Float32Array, of: Float32Array) =>
    layerOutputs(workbench, { rows: values, size: rows.size }, { weights: of, bias, group: rows.group });
  const correction = matchMoments({
    float: await outputs(rows.float, weights.data as Float32Array),
    quantized: await outputs(rows.quantized, dequantizeWeights(rounded[pOfLayer[index]!]!)),
    channels: weights.dims[0]!,
  });
  return { weights: rounded, correction };
}

/** Of the first convolution: those that share their weights share it, or each other's moments tell nothing. */
function biasOf(graph: Graph, { convs }: Layer): Float32Array | undefined {
  return (graph.initializers.get(convs[0]!.inputs[2] ?? '') as Tensor | undefined)?.data as
    | Float32Array
    | undefined;
}
