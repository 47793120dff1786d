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
import type { SearchProblem } from '../search/problem.js';
import { gram } from '../workbench/gram.js';
import { type LayerRows, layerOutputs } from '../workbench/layerSamples.js';
import { Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';
import { type Site, sampledInputs, sampledOutputs } from './layerSite.js';

/** Images that moments alone are taken from, which are but two figures a channel; least squares want all. */
const matchingImages = 16;

/** What reconstruction decides for one layer. */
export interface ReconstructedLayer {
  /** Under whichever p. `undefined` where they stay as they were. */
  readonly weights: QuantizedWeights | undefined;
  readonly correction: ChannelCorrection | undefined;
}

export interface ReconstructOptions {
  /** The p that the prefix has, and that the corrections are made for. */
  readonly pOfLayer: readonly PIndex[];
  /** Rebuild dense layers' weights by least squares and GPTQ, and correct their outputs to the means of the float network's. */
  readonly rounding: boolean;
  /** Correct every layer's outputs to the means and deviations of the float network's. */
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
 * quantized layers before it really hand on (detptq.md 5.1, 5.3): dense ones' weights by asymmetric GPTQ; then each output
 * channel's mean and deviation by trimmed moment matching.
 *
 * @throws AgentError `activations_not_finite`, `aborted`
 */
export async function reconstructLayers(
  workbench: Workbench,
  problem: SearchProblem,
  options: ReconstructOptions,
): Promise<ScaleTable> {
  const { graph, plan } = problem;
  const isRounded = options.rounding && plan.layers.some(isDense);
  const inputs = isRounded ? problem.inputs : problem.inputs.slice(0, matchingImages);
  const inFloat = new Prefix(graph, { ...plan, gridOfTensor: new Map() }, inputs);
  return Prefix.using([inFloat, new Prefix(graph, plan, inputs)], (float, quantized) =>
    reconstructFrom(workbench, { ...problem, inputs }, { ...options, float, quantized }),
  );
}

async function reconstructFrom(
  workbench: Workbench,
  problem: SearchProblem,
  { float, quantized, ...options }: ReconstructOptions & Pick<Site, 'float' | 'quantized'>,
): Promise<ScaleTable> {
  const { plan } = problem;
  const { rounding, moments, pOfLayer, seed } = options;
  // What was corrected before was corrected in another network.
  let table: ScaleTable = { ...problem.table, corrections: plan.layers.map(() => undefined) };
  for (const layer of plan.layers) {
    const isRounded = rounding && isDense(layer);
    if (!isRounded && !moments) continue;
    const site = { layer, problem: { ...problem, table }, float, quantized };
    const sample = isRounded ? roundedFrom : matchedFrom;
    // A layer that is known is sampled too: cut elsewhere, the networks would round otherwise.
    const decide = await sample(workbench, site, { pOfLayer, seed: seed + layer.index, moments });
    let decided = options.known(layer.index);
    if (!decided) {
      decided = await decide();
      await options.onLayer(layer.index, decided);
    }
    table = withLayer(table, layer, decided);
  }
  return table;
}

/** First and prediction convolutions are few and keep 8 bits, depthwise ones have few weights to cancel errors with. */
function isDense({ role }: Layer): boolean {
  return role === 'dense';
}

function withLayer(
  table: ScaleTable,
  { index }: Layer,
  { weights, correction }: ReconstructedLayer,
): ScaleTable {
  return {
    ...table,
    weights: weights ? table.weights.with(index, new PerP(() => [weights])) : table.weights,
    corrections: table.corrections.with(index, correction),
  };
}

type LayerOptions = Pick<ReconstructOptions, 'pOfLayer' | 'seed' | 'moments'>;

/** Samples a layer, and returns what decides its correction alone. */
async function matchedFrom(workbench: Workbench, site: Site, options: LayerOptions) {
  const outputs = await sampledOutputs(workbench, site, options);
  return async (): Promise<ReconstructedLayer> => ({
    weights: undefined,
    correction: matchMoments(outputs),
  });
}

/** Samples a layer, and returns what decides its weights and, where moments are matched, its correction. */
async function roundedFrom(workbench: Workbench, site: Site, options: LayerOptions) {
  const rows = await sampledInputs(workbench, site, options);
  return () => rounded(workbench, { ...site, rows }, options.moments);
}

async function rounded(
  workbench: Workbench,
  { layer, problem: { graph }, rows }: Pick<Site, 'layer' | 'problem'> & { rows: LayerRows },
  moments: boolean,
): Promise<ReconstructedLayer> {
  const given = graph.initializers.get(layer.weight)!;
  const bits = layer.weightBits;
  const weights = reconstructWeights({ weights: given, ...(await gram(workbench, rows)), bits });
  const bias = biasOf(graph, layer);
  const outputs = (values: Float32Array, of: Float32Array) =>
    layerOutputs(workbench, { rows: values, size: rows.size }, { weights: of, bias });
  const made = {
    float: await outputs(rows.float, given.data as Float32Array),
    quantized: await outputs(rows.quantized, dequantizeWeights(weights)),
    channels: given.dims[0]!,
  };
  // The weights are rebuilt for outputs less their means, which are left to the bias.
  const correction = matchMoments(made, { gains: moments });
  return { weights, correction };
}

/** Of the first convolution: those that share their weights share it, or each other's moments tell nothing. */
function biasOf(graph: Graph, { convs }: Layer): Float32Array | undefined {
  return (graph.initializers.get(convs[0]!.inputs[2] ?? '') as Tensor | undefined)?.data as
    | Float32Array
    | undefined;
}
