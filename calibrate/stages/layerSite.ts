import { dequantizedName, rawName } from '../quantize/insertQuantizers.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { OutputPair } from '../quantize/moments.js';
import type { Layer } from '../quantize/plan.js';
import { quantizedGraph, type SearchProblem } from '../search/problem.js';
import { type ConvGeometry, convGeometry, outputGeometry } from '../workbench/convGeometry.js';
import { type LayerRows, LayerSamples } from '../workbench/layerSamples.js';
import type { Look, Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';

/** A layer with both networks somewhere before it: the float one, and the one quantized as decided so far. */
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
 * Moves both networks on to just before the layer and returns rows of what its convolutions read, at the same positions
 * in both.
 *
 * @throws AgentError `aborted`
 */
export async function sampledInputs(
  workbench: Workbench,
  site: Site,
  options: SampledOptions,
): Promise<LayerRows> {
  const { graph, plan } = site.problem;
  const { convs } = site.layer;
  const read = convs.map(({ inputs }) => inputs[0]!);
  return sampled(workbench, site, {
    ...options,
    geometries: convs.map((conv) => convGeometry(conv, graph)),
    float: read,
    quantized: read.map((tensor) =>
      plan.gridOfTensor.has(tensor) ? dequantizedName(graph, tensor) : tensor,
    ),
  });
}

/**
 * Moves both networks on to just before the layer and returns what its convolutions make, before its grid and with nothing
 * corrected, at the same positions in both. The engine computes it: far fewer values than the rows it is made of.
 *
 * @param site with no correction of the layer
 * @throws AgentError `aborted`
 */
export async function sampledOutputs(
  workbench: Workbench,
  site: Site,
  options: SampledOptions,
): Promise<OutputPair> {
  const { graph, plan } = site.problem;
  const { convs } = site.layer;
  const made = convs.map(({ outputs }) => outputs[0]!);
  const { float, quantized, size } = await sampled(workbench, site, {
    ...options,
    geometries: convs.map((conv) => outputGeometry(conv, graph)),
    float: made,
    quantized: made.map((tensor) => (plan.gridOfTensor.has(tensor) ? rawName(tensor) : tensor)),
  });
  return { float, quantized, channels: size };
}

interface SampledTensors extends SampledOptions {
  readonly geometries: readonly ConvGeometry[];
  /** One for each of the layer's convolutions, by their names in the float network. */
  readonly float: readonly string[];
  /** The same in the quantized one. */
  readonly quantized: readonly string[];
}

async function sampled(
  workbench: Workbench,
  { layer, problem, ...prefixes }: Site,
  { geometries, float, quantized, pOfLayer, seed }: SampledTensors,
): Promise<LayerRows> {
  const samples = new LayerSamples(geometries, { images: problem.inputs.length, seed });
  const lookAt = (network: 'float' | 'quantized', tensors: readonly string[]): Look => ({
    tensors,
    take: (made, image) => {
      for (const [conv, tensor] of tensors.entries()) {
        samples.add(network, { image, conv, input: made[tensor]! });
      }
    },
  });
  const { position } = layer;
  await prefixes.float.advance(workbench, problem.graph, position, lookAt('float', float));
  const soFar = quantizedGraph(problem, pOfLayer);
  await prefixes.quantized.advance(workbench, soFar, position, lookAt('quantized', quantized));
  return samples.rows;
}
