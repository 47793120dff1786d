import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { foldConstants } from '../../graph/passes/foldConstants.js';
import { foldDequantize } from '../../graph/passes/foldDequantize.js';
import { inferShapes } from '../../graph/passes/inferShapes.js';
import { removeDeadNodes } from '../../graph/passes/removeDeadNodes.js';
import type { LoadOptions } from '../engine.js';
import { exactConvolutions } from '../exactConvolutions.js';
import { fedGridsAsSteps } from './fedGridsAsSteps.js';
import type { BrowserEngineName } from './messages.js';
import { padsBeforePools } from './padsBeforePools.js';
import { resizesAsGathers } from './resizesAsGathers.js';

interface PageGraph {
  readonly graph: Graph;
  readonly optimization: NonNullable<LoadOptions['optimization']>;
}

/**
 * Returns a graph as it is given to the page. For onnxruntime-web's providers that is one that makes an int8 engine's codes of a
 * quantized graph: convolutions between codes are ones of whole numbers, where the graph's types can be known. Such a graph is run as
 * it stands, for onnxruntime would fold the factors behind the sums into the weights. What WebNN lacks it is given in other
 * words. All other graphs are returned unchanged.
 */
export function pageGraph(engine: BrowserEngineName, given: PageGraph): PageGraph {
  const typed = engine === 'tfjs-webgl' ? undefined : tryTyped(given.graph);
  if (typed === undefined) return given;
  const plain = engine === 'webnn' ? withoutWebnnsGaps(typed) : typed;
  const exact = exactConvolutions(plain);
  if (exact !== plain) {
    const sums = resizesAsGathers(exact, ['linear']);
    return { graph: removeDeadNodes(foldDequantize(sums)), optimization: 'none' };
  }
  return plain === typed ? given : { ...given, graph: plain };
}

function withoutWebnnsGaps(graph: Graph): Graph {
  return fedGridsAsSteps(resizesAsGathers(padsBeforePools(graph), ['nearest', 'linear']));
}

function tryTyped(graph: Graph): Graph | undefined {
  try {
    return foldConstants(inferShapes(graph));
  } catch (error) {
    // Sizes that only a run knows, or an operator that is not of this project: whether it runs is for onnxruntime to say.
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}
