import type { Graph } from '../../../runtime/graph/graph.js';
import { channelClasses } from './channelFlow.js';
import { classEvidence } from './classEvidence.js';
import { foldScaling } from './foldScaling.js';
import { scalingFactors } from './scalingFactors.js';
import { worthwhileFactors } from './worthwhileFactors.js';

export interface Scaling {
  readonly strength: number;
  readonly fillsGated?: boolean;
  readonly leastSpread?: number;
}

/**
 * Returns `graph` with the channels of its activations scaled so that they share one grid better, exact but for float
 * rounding: a per-channel quantizer whose factors are folded into the weights on either side (detptq.md 5.2, 5b.1). Where it
 * passes through a self-gated activation (SiLU, hard swish), that costs one multiply by channel, and is left where it is not worth it.
 *
 * Returns `graph` itself where nothing can be scaled.
 *
 * @param graph from `prepareGraph`
 * @param peaks how far channels reach, by tensor of `scalingTensors`
 * @param options.strength 0..1, see `scalingFactors`
 * @param options.fillsGated see there. Default: false.
 * @param options.leastSpread octaves, see `worthwhileFactors`. Default: 0, none is left.
 */
export function scaleInputs(
  graph: Graph,
  peaks: ReadonlyMap<string, Float32Array>,
  { strength, fillsGated = false, leastSpread = 0 }: Scaling,
): Graph {
  const classes = channelClasses(graph);
  const evidence = classEvidence(graph, classes, peaks);
  const wanted = scalingFactors(classes, { evidence, strength, fillsGated });
  const { isRead } = evidence;
  const factors = worthwhileFactors(graph, classes, { factors: wanted, isRead, leastSpread });
  return factors.every((factor) => factor === 1) ? graph : foldScaling(graph, classes, factors);
}
