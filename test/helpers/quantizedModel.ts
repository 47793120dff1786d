import { insertQuantizers } from '../../calibrate/quantize/insertQuantizers.js';
import { planQuantization } from '../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../calibrate/quantize/prepareGraph.js';
import { untieGrids } from '../../calibrate/quantize/untiedGrids.js';
import { roundWeights } from '../../calibrate/quantize/weightGrid.js';
import { observe } from '../../calibrate/workbench/observe.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { affineParams, weightRange } from '../../runtime/quantParams.js';
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

/** Returns the scale of each output channel on which its largest weight has the last code. */
function fullRange({ dims, data }: Tensor, bits: number): Float32Array {
  const length = data.length / dims[0]!;
  return Float32Array.from({ length: dims[0]! }, (_, channel) => {
    const values = data.slice(channel * length, (channel + 1) * length) as Float32Array;
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-8);
    return largest / weightRange(bits).qmax;
  });
}
