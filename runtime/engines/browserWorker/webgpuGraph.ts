import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { foldConstants } from '../../graph/passes/foldConstants.js';
import { foldDequantize } from '../../graph/passes/foldDequantize.js';
import { inferShapes } from '../../graph/passes/inferShapes.js';
import { removeDeadNodes } from '../../graph/passes/removeDeadNodes.js';
import type { LoadOptions } from '../engine.js';
import { exactConvolutions } from '../exactConvolutions.js';
import { linearResizesAsSums } from './linearResizesAsSums.js';

interface WebgpuGraph {
  readonly graph: Graph;
  readonly optimization: NonNullable<LoadOptions['optimization']>;
}

/**
 * Returns a graph as onnxruntime-web's WebGPU provider makes an int8 engine's codes of it: convolutions between codes as ones of whole
 * numbers, where the graph's types can be known. Such a graph is run as it stands, for onnxruntime would fold the factors behind the
 * sums into the weights. All other graphs are returned unchanged.
 */
export function webgpuGraph(graph: Graph, optimization: WebgpuGraph['optimization']): WebgpuGraph {
  const exact = tryExact(graph);
  return exact === undefined ? { graph, optimization } : { graph: exact, optimization: 'none' };
}

function tryExact(graph: Graph): Graph | undefined {
  if (!graph.nodes.some(({ opType }) => opType === 'QuantizeLinear')) return undefined;
  try {
    const typed = foldConstants(inferShapes(graph));
    const exact = exactConvolutions(typed);
    return exact === typed ? undefined : removeDeadNodes(foldDequantize(linearResizesAsSums(exact)));
  } catch (error) {
    // Sizes that only a run knows, or an operator that is not of this project: whether it runs is for onnxruntime to say.
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}
