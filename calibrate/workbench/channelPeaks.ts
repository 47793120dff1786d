import { AgentError } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { channelsOf, sampleTensors } from './sampleTensors.js';
import { type Feed, runGraph, type Workbench } from './workbench.js';

/**
 * What the mean over the images is taken of. Between the largest of all images, which is that of an odd one and cost YOLOX-Nano up to 28 % of
 * its ODOL at W8A8, and their root mean square, with which the person detector lost 0.2 AP for want of what is rare.
 */
const power = 4;

/**
 * Returns how far each channel of the named tensors reaches: the largest |x| of an image, in the mean over the images of its fourth power.
 *
 * @param tensors float32 `[1, C, H, W]`, inputs of `graph` or made in it; in the order of its nodes they take the least memory
 * @throws AgentError `activations_not_finite`, naming the tensor; `aborted`
 */
export async function channelPeaks(
  workbench: Workbench,
  graph: Graph,
  { inputs, tensors }: { inputs: readonly Feed[]; tensors: readonly string[] },
): Promise<Map<string, Float32Array>> {
  const types = tensorTypes(graph);
  const channelCount = (tensor: string) => channelsOf(fixedDims(types.get(tensor))!).channels;
  const powers = new Map(tensors.map((tensor) => [tensor, new Float64Array(channelCount(tensor))]));
  if (tensors.length === 0) return new Map();
  const sampled = sampleTensors(graph, tensors);
  const samples = sampled.graph.outputs.slice(graph.outputs.length).map(({ name }) => name);
  await runGraph(workbench, extractSubgraph(sampled.graph, { to: samples }), inputs, (outputs, image) => {
    for (const { tensor, allFinite, extremes } of sampled.read(outputs)) {
      if (!allFinite) throw notFinite(tensor, image);
      const sums = powers.get(tensor)!;
      const [least, largest] = [extremes.subarray(0, sums.length), extremes.subarray(sums.length)];
      for (const channel of sums.keys())
        sums[channel]! += Math.max(-least[channel]!, largest[channel]!) ** power;
    }
  });
  const peaks = (sums: Float64Array) =>
    Float32Array.from(sums, (sum) => (sum / inputs.length) ** (1 / power));
  return new Map([...powers].map(([tensor, sums]) => [tensor, peaks(sums)]));
}

function notFinite(tensor: string, image: number): AgentError {
  const message = `expected finite activations, got NaN or infinity in tensor ${tensor} on image ${image}`;
  return new AgentError('activations_not_finite', message, { detail: { where: tensor, image } });
}
