import type { TensorMap } from '../../runtime/engines/engine.js';
import { AgentError } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import { elementCount } from '../../runtime/graph/tensor.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { originTensors } from '../quantize/gridSharing.js';
import { GrowingHistogram, mergeDistributions, type ValueDistribution } from '../quantize/histogram.js';
import type { QuantizationPlan } from '../quantize/plan.js';
import { runGraph, type Workbench } from './workbench.js';

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
  const histograms = new Map(origins.flat().map((tensor) => [tensor, new GrowingHistogram()]));
  const observe = (tensor: string, values: TensorMap, image: number) => {
    const histogram = histograms.get(tensor)!;
    const before = histogram.notFinite;
    histogram.add(values[tensor]!.data as Float32Array);
    if (histogram.notFinite > before) throw notFinite(tensor, names[image]!);
  };
  const fed = graph.inputs.map(({ name }) => name).filter((name) => histograms.has(name));
  for (const [image, feed] of inputs.entries()) for (const tensor of fed) observe(tensor, feed, image);
  const outputNames = graph.outputs.map(({ name }) => name);
  const made = new Set([...[...histograms.keys()].filter((tensor) => !fed.includes(tensor)), ...outputNames]);
  let outputs: TensorMap[] = inputs.map(() => ({}));
  for (const piece of piecesOf(graph, [...made])) {
    const finds = await runGraph(
      workbench,
      extractSubgraph(graph, { to: piece }),
      inputs,
      (values, image) => {
        for (const tensor of piece) if (histograms.has(tensor)) observe(tensor, values, image);
        return Object.fromEntries(Object.entries(values).filter(([name]) => outputNames.includes(name)));
      },
    );
    outputs = outputs.map((known, image) => ({ ...known, ...finds[image]! }));
  }
  const distributions = origins.map((tensors) =>
    mergeDistributions(tensors.map((tensor) => histograms.get(tensor)!)),
  );
  return { distributions, outputs };
}

/** Elements that one run returns at most, tensors larger than that apart: 32 MB. */
const longestPiece = 8_000_000;

/**
 * Splits tensors, in topological order, into pieces that are observed one after the other. All at once would hold
 * the whole network's activations, several times over until garbage is collected: 1.2 GB for a network of 1 GMAC.
 */
function piecesOf(graph: Graph, tensors: readonly string[]): string[][] {
  const types = tensorTypes(graph);
  const pieces: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const tensor of tensors) {
    const elements = elementCount(fixedDims(types.get(tensor)) ?? []);
    if (length + elements > longestPiece) {
      pieces.push([]);
      length = 0;
    }
    pieces.at(-1)!.push(tensor);
    length += elements;
  }
  return pieces;
}

function notFinite(tensor: string, image: string): AgentError {
  const message = `expected finite activations, got NaN or infinity in tensor ${tensor} on frame ${image}`;
  return new AgentError('activations_not_finite', message, { detail: { where: tensor, frame: image } });
}
