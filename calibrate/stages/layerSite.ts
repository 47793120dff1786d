import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import { dequantizedName, rawName } from '../quantize/insertQuantizers.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { OutputPair } from '../quantize/moments.js';
import type { Layer } from '../quantize/plan.js';
import { quantizedGraph, type SearchProblem } from '../search/problem.js';
import { convGeometry, outputGeometry } from '../workbench/convGeometry.js';
import { type LayerRows, LayerSamples } from '../workbench/layerSamples.js';
import type { Prefix } from '../workbench/prefix.js';
import { runGraph, tensorsOf, type Workbench } from '../workbench/workbench.js';

/** A layer with both networks just before it: the float one, and the one quantized as decided so far. */
export interface Site {
  readonly layer: Layer;
  readonly problem: SearchProblem;
  readonly float: Prefix;
  readonly quantized: Prefix;
}

interface SampledOptions {
  /** Of the quantized network. */
  readonly pOfLayer: readonly PIndex[];
  /** Chooses the positions. */
  readonly seed: number;
}

/**
 * Returns rows of what a layer's convolutions read, at the same positions in both networks.
 *
 * @throws AgentError `aborted`
 */
export async function sampledInputs(
  workbench: Workbench,
  { layer, problem, float, quantized }: Site,
  { pOfLayer, seed }: SampledOptions,
): Promise<LayerRows> {
  const { graph, plan, inputs } = problem;
  const geometries = layer.convs.map((conv) => convGeometry(conv, graph));
  const samples = new LayerSamples(geometries, { images: inputs.length, seed });
  const read = layer.convs.map(({ inputs }) => inputs[0]!);
  const dequantized = read.map((tensor) =>
    plan.gridOfTensor.has(tensor) ? dequantizedName(graph, tensor) : tensor,
  );
  const soFar = quantizedGraph(problem, pOfLayer);
  await sample(workbench, { network: 'float', graph, prefix: float, tensors: read }, samples);
  await sample(
    workbench,
    { network: 'quantized', graph: soFar, prefix: quantized, tensors: dequantized },
    samples,
  );
  return samples.rows;
}

/**
 * Returns what a layer's convolutions make, before its grid and with nothing corrected, at the same positions in both
 * networks. The engine computes it: far fewer values than the rows it is made of.
 *
 * @throws AgentError `aborted`
 */
export async function sampledOutputs(
  workbench: Workbench,
  { layer, problem, float, quantized }: Site,
  { pOfLayer, seed }: SampledOptions,
): Promise<OutputPair> {
  const { graph, plan, table, inputs } = problem;
  const geometries = layer.convs.map((conv) => outputGeometry(conv, graph));
  const samples = new LayerSamples(geometries, { images: inputs.length, seed });
  const made = layer.convs.map(({ outputs }) => outputs[0]!);
  const raw = made.map((tensor) => (plan.gridOfTensor.has(tensor) ? rawName(tensor) : tensor));
  const uncorrected = { ...table, corrections: table.corrections.with(layer.index, undefined) };
  const soFar = quantizedGraph({ graph, plan, table: uncorrected }, pOfLayer);
  await sample(workbench, { network: 'float', graph, prefix: float, tensors: made }, samples);
  await sample(workbench, { network: 'quantized', graph: soFar, prefix: quantized, tensors: raw }, samples);
  const { rows } = samples;
  return { float: rows.float, quantized: rows.quantized, channels: rows.size };
}

/** Hands one tensor for each of a layer's convolutions in one network to `samples`, image by image. */
async function sample(
  workbench: Workbench,
  {
    network,
    graph,
    prefix,
    tensors,
  }: { network: 'float' | 'quantized'; graph: Graph; prefix: Prefix; tensors: readonly string[] },
  samples: LayerSamples,
): Promise<void> {
  const take = (made: TensorMap, image: number) => {
    for (const [conv, tensor] of tensors.entries()) {
      samples.add(network, { image, conv, input: made[tensor]! });
    }
  };
  const missing = [...new Set(tensors)].filter((tensor) => !prefix.names.includes(tensor));
  if (missing.length === 0) {
    for (const [image, feed] of prefix.feeds.entries()) take(await tensorsOf(feed), image);
    return;
  }
  const piece = extractSubgraph(graph, { from: prefix.names, to: missing });
  await runGraph(workbench, piece, prefix.feeds, (outputs, image, feed) =>
    take({ ...feed, ...outputs }, image),
  );
}
