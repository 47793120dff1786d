import { namesRead } from '../../graph/codec/capturedNames.js';
import { type Node, nodeLabel } from '../../graph/graph.js';
import type { IntegerOutput } from '../integerGraph.js';
import type { Translation } from './translation.js';

/** Where the network ends and the tail begins. */
export interface Cut {
  readonly outputs: readonly IntegerOutput[];
  readonly tail: ReadonlySet<Node>;
  /** What in the tail reads an input of the graph, if anything does: the input's name and the node's label. */
  readonly inputReader: { readonly input: string; readonly reader: string } | undefined;
}

/**
 * Returns where the lowered part of a graph ends: from its outputs back, every node is in the tail until a value is known in
 * codes, or is a head. Adds the heads, and what has to be gathered to leave the network, to the translation.
 */
export function cutTail(translation: Translation): Cut {
  const outputs: IntegerOutput[] = [];
  const tail = new Set<Node>();
  let inputReader: Cut['inputReader'];
  const seen = new Set<string>();
  const stack = translation.graph.outputs.map(({ name }) => ({ name, reader: 'an output' }));
  while (stack.length > 0) {
    const { name, reader } = stack.pop()!;
    if (seen.has(name)) continue;
    seen.add(name);
    const tensor = leavingTensor(name, translation);
    const node = translation.producer(name);
    if (tensor !== undefined) outputs.push({ tensor, floatName: name });
    else if (node !== undefined) {
      tail.add(node);
      for (const read of namesRead(node)) stack.push({ name: read, reader: nodeLabel(node) });
    } else if (name !== '' && translation.constant(name) === undefined) inputReader = { input: name, reader };
  }
  return { outputs, tail, inputReader };
}

/** The tensor that holds a float value of the graph, where there is one or can be one. */
function leavingTensor(name: string, translation: Translation): string | undefined {
  if (!translation.isFloat(name)) return undefined;
  const view = translation.views.get(name);
  const tensor = view && translation.materialize(view);
  if (tensor !== undefined) return tensor;
  const float = translation.pending.get(name)?.float;
  float?.(name);
  return float && name;
}
