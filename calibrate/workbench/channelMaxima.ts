import { AgentError } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { channelsOf, sampleTensors } from './sampleTensors.js';
import { type Feed, runGraph, type Workbench } from './workbench.js';

/**
 * Returns the largest |x| of each channel of the named tensors over all images.
 *
 * @param tensors float32 `[1, C, H, W]`, inputs of `graph` or made in it; in the order of its nodes they take the least memory
 * @throws AgentError `activations_not_finite`, naming the tensor; `aborted`
 */
export async function channelMaxima(
  workbench: Workbench,
  graph: Graph,
  { inputs, tensors }: { inputs: readonly Feed[]; tensors: readonly string[] },
): Promise<Map<string, Float32Array>> {
  const types = tensorTypes(graph);
  const channelCount = (tensor: string) => channelsOf(fixedDims(types.get(tensor))!).channels;
  const maxima = new Map(tensors.map((tensor) => [tensor, new Float32Array(channelCount(tensor))]));
  if (tensors.length === 0) return maxima;
  const sampled = sampleTensors(graph, tensors);
  const samples = sampled.graph.outputs.slice(graph.outputs.length).map(({ name }) => name);
  await runGraph(workbench, extractSubgraph(sampled.graph, { to: samples }), inputs, (outputs, image) => {
    for (const { tensor, allFinite, extremes } of sampled.read(outputs)) {
      if (!allFinite) throw notFinite(tensor, image);
      const known = maxima.get(tensor)!;
      const [least, largest] = [extremes.subarray(0, known.length), extremes.subarray(known.length)];
      for (const [channel, value] of known.entries())
        known[channel] = Math.max(value, -least[channel]!, largest[channel]!);
    }
  });
  return maxima;
}

function notFinite(tensor: string, image: number): AgentError {
  const message = `expected finite activations, got NaN or infinity in tensor ${tensor} on image ${image}`;
  return new AgentError('activations_not_finite', message, { detail: { where: tensor, image } });
}
