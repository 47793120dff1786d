import type { TensorMap } from '../../runtime/engines/engine.js';
import { AgentError } from '../../runtime/errors.js';
import { type Graph, producers } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import { runGraph, type Workbench } from '../search/workbench.js';
import { inputsOnOutputGrid } from './gridSharing.js';
import { GrowingHistogram, mergeDistributions, type ValueDistribution } from './histogram.js';
import type { QuantizationPlan } from './plan.js';

export interface Observation {
  /** By grid id, over all images: histograms add up, optima of single images are never averaged. */
  readonly distributions: readonly ValueDistribution[];
  /** The float network's own outputs, by image. */
  readonly outputs: readonly TensorMap[];
}

/**
 * Runs the float network over `inputs` and returns the distribution of the values at every grid of the plan,
 * with the network's outputs. A grid is observed where its values are made; moving them changes nothing.
 *
 * @param names of the images, for messages
 * @throws AgentError `activations_not_finite`, naming tensor and image; `aborted`
 */
export async function observe(
  workbench: Workbench,
  { graph, plan }: { graph: Graph; plan: QuantizationPlan },
  { inputs, names }: { inputs: readonly TensorMap[]; names: readonly string[] },
): Promise<Observation> {
  const origins = plan.grids.map(({ tensors }) => originTensors(graph, tensors));
  const inputNames = new Set(graph.inputs.map(({ name }) => name));
  const outputNames = graph.outputs.map(({ name }) => name);
  const wanted = new Set([...outputNames, ...origins.flat().filter((tensor) => !inputNames.has(tensor))]);
  const observed = extractSubgraph(graph, { to: [...wanted] });
  const histograms = new Map(origins.flat().map((tensor) => [tensor, new GrowingHistogram()]));

  const outputs = await runGraph(workbench, observed, inputs, (values, image) => {
    const all = { ...inputs[image]!, ...values };
    for (const [tensor, histogram] of histograms) {
      const before = histogram.notFinite;
      histogram.add(all[tensor]!.data as Float32Array);
      if (histogram.notFinite > before) throw notFinite(tensor, names[image]!);
    }
    return Object.fromEntries(outputNames.map((name) => [name, values[name]!]));
  });
  const distributions = origins.map((tensors) =>
    mergeDistributions(tensors.map((tensor) => histograms.get(tensor)!)),
  );
  return { distributions, outputs };
}

/** Returns the tensors among those of a grid whose values are not just moved from another one on it. */
function originTensors(graph: Graph, tensors: readonly string[]): string[] {
  const made = producers(graph);
  return tensors.filter((tensor) => {
    const node = made.get(tensor);
    return node === undefined || !inputsOnOutputGrid(node).some((input) => tensors.includes(input));
  });
}

function notFinite(tensor: string, image: string): AgentError {
  const message = `expected finite activations, got NaN or infinity in tensor ${tensor} on frame ${image}`;
  return new AgentError('activations_not_finite', message, { detail: { where: tensor, frame: image } });
}
