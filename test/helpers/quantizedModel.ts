import { insertQuantizers } from '../../calibrate/quantize/insertQuantizers.js';
import { planQuantization } from '../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../calibrate/quantize/prepareGraph.js';
import { untieGrids } from '../../calibrate/quantize/untiedGrids.js';
import { roundWeights, type WeightGrids } from '../../calibrate/quantize/weightGrid.js';
import { observe } from '../../calibrate/workbench/observe.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { affineParams, weightRanges } from '../../runtime/quantParams.js';
import { workbench } from './searchProblem.js';

export interface QuantizedModelOptions {
  /** 2..8 */
  readonly weightBits: number;
  /** What its activations' ranges are taken from. */
  readonly feeds: TensorMap;
}

/**
 * Returns the graph on the grids from each tensor's least to its greatest value, without any search, moved to where all engines
 * round alike; 8-bit activations.
 */
export async function quantizedModel(
  original: Graph,
  { weightBits, feeds }: QuantizedModelOptions,
): Promise<Graph> {
  const graph = prepareGraph(original);
  const plan = planQuantization(graph, { weightBits, activationBits: 8 });
  const images = { inputs: [feeds], names: ['the picture'] };
  const distributions = await observe(workbench(), { graph, plan }, images);
  const ranges = plan.grids.map(({ id, bits }) => {
    const { min, max } = distributions[id]!;
    return affineParams(min, max, bits);
  });
  const grids = untieGrids(plan.arithmetic, ranges, () => true);
  const weights = plan.layers.map((layer) => {
    const tensor = graph.initializers.get(layer.weight)!;
    return roundWeights(tensor, fullRange(tensor, layer.weightBits), layer.weightBits);
  });
  const corrections = plan.layers.map(() => undefined);
  return insertQuantizers(graph, plan, { grids, weights, corrections });
}

/** Returns the finest symmetric grid that holds all of each output channel. */
function fullRange({ dims, data }: Tensor, bits: number): WeightGrids {
  const channels = dims[0]!;
  const length = data.length / channels;
  const { qmin, qmax } = weightRanges(bits).find(({ qmin, qmax }) => qmax + 1 >= -qmin)!;
  const scales = Float32Array.from({ length: channels }, (_, channel) => {
    const values = data.slice(channel * length, (channel + 1) * length) as Float32Array;
    return values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-8) / qmax;
  });
  return { scales, lowest: new Int8Array(channels).fill(qmin) };
}
