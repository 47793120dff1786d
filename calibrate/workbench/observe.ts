import type { TensorMap } from '../../runtime/engines/engine.js';
import { consumers, type Graph } from '../../runtime/graph/graph.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { originTensors } from '../quantize/gridSharing.js';
import { GrowingHistogram, mergeDistributions, type ValueDistribution } from '../quantize/histogram.js';
import type { QuantizationPlan } from '../quantize/plan.js';
import { ChannelHistograms } from './channelHistograms.js';
import type { ChannelPeaks } from './channelPeaks.js';
import { isReadByChannel } from './isReadByChannel.js';
import { notFinite } from './notFinite.js';
import { channelsOf, sampleTensors } from './sampleTensors.js';
import { type Feed, runGraph, type Workbench } from './workbench.js';

export interface ObservedImages {
  readonly inputs: readonly Feed[];
  /** For messages. */
  readonly names: readonly string[];
  /** Gets the float network's own outputs on each image, in any order. */
  readonly onOutputs?: ((outputs: TensorMap, image: number) => void) | undefined;
  /** Gets the samples of its own tensors, too. */
  readonly peaks?: ChannelPeaks | undefined;
}

/**
 * Runs the float network over `inputs` and returns the distribution of the values at every grid of the plan, by
 * grid id: histograms add up over the images, optima of single ones are never averaged. The ends of a distribution are exact, what lies between is estimated from samples at
 * fixed places.
 *
 * @throws AgentError `activations_not_finite`, naming tensor and image; `aborted`
 */
export async function observe(
  workbench: Workbench,
  { graph, plan }: { graph: Graph; plan: QuantizationPlan },
  { inputs, names, onOutputs, peaks }: ObservedImages,
): Promise<ValueDistribution[]> {
  const tensorsOfGrid = observedTensors(graph, plan);
  const types = tensorTypes(graph);
  const histograms = new Map(tensorsOfGrid.flat().map((tensor) => [tensor, new GrowingHistogram()]));
  const apart = new Map(
    plan.grids.flatMap((grid) => {
      const { activation, tensors } = grid;
      const [tensor = ''] = tensors;
      const { channels } = channelsOf(fixedDims(types.get(tensor)) ?? []);
      const isApart = activation !== undefined && isReadByChannel(grid, channels);
      return isApart ? [[tensor, new ChannelHistograms(activation)]] : [];
    }),
  );
  const wanted = new Set([...histograms.keys(), ...(peaks?.tensors ?? [])]);
  const sampled = sampleTensors(graph, inTopologicalOrder(graph, wanted));
  await runGraph(workbench, sampled.graph, inputs, (made, image) => {
    const samples = sampled.read(made);
    for (const sample of samples) {
      const { tensor, allFinite, extremes, values, stride } = sample;
      if (!allFinite) throw notFinite(tensor, names[image]!);
      apart.get(tensor)?.add(sample);
      const histogram = histograms.get(tensor);
      if (!histogram) continue;
      histogram.add(values, stride);
      // Most of what is rare and large is not in the sample. Of all values these are few, but the largest.
      if (stride > 1) histogram.add(extremes);
    }
    peaks?.add(samples, image);
    onOutputs?.(made, image);
  });
  return tensorsOfGrid.map((tensors) => {
    const pooled = mergeDistributions(tensors.map((tensor) => histograms.get(tensor)!));
    const byFunction = apart.get(tensors[0] ?? '')?.distributions();
    return byFunction ? { ...pooled, byFunction } : pooled;
  });
}

/**
 * Returns the tensors whose values tell a grid's distribution, by grid id. A grid is observed where its values are
 * made, as moving them changes nothing; but behind a max pool where that alone reads them: it picks the same codes as
 * values, so that errors of those that no window keeps do not matter.
 */
function observedTensors(graph: Graph, { grids }: QuantizationPlan): string[][] {
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const behindPools = (tensors: readonly string[], tensor: string): string => {
    const [reader, another] = readers.get(tensor) ?? [];
    const pooled = reader?.opType === 'MaxPool' ? reader.outputs[0]! : '';
    const isAlone = another === undefined && !outputs.has(tensor);
    return isAlone && tensors.includes(pooled) ? behindPools(tensors, pooled) : tensor;
  };
  return grids.map(({ tensors }) =>
    originTensors(graph, tensors).map((tensor) => behindPools(tensors, tensor)),
  );
}

function inTopologicalOrder(graph: Graph, tensors: ReadonlySet<string>): string[] {
  const all = [...graph.inputs.map(({ name }) => name), ...graph.nodes.flatMap(({ outputs }) => outputs)];
  return all.filter((tensor) => tensors.has(tensor));
}
