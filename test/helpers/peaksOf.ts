import { planQuantization } from '../../calibrate/quantize/plan.js';
import { ChannelPeaks } from '../../calibrate/workbench/channelPeaks.js';
import { observe } from '../../calibrate/workbench/observe.js';
import type { Feed } from '../../calibrate/workbench/workbench.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { workbench } from './searchProblem.js';

/** Returns how far the channels of the named tensors reach on these inputs, as an observed network tells it. */
export async function peaksOf(
  graph: Graph,
  { inputs, tensors }: { readonly inputs: readonly Feed[]; readonly tensors: readonly string[] },
): Promise<Map<string, Float32Array>> {
  const plan = planQuantization(graph, { weightBits: 8, activationBits: 8 });
  const peaks = new ChannelPeaks(tensors);
  const names = inputs.map((_, image) => `frame ${image}`);
  await observe(workbench(), { graph, plan }, { inputs, names, peaks });
  return peaks.peaks();
}
