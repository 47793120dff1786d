import { toAgentError } from '../../errors.js';
import { type Graph, type Node, nodeLabel } from '../../graph/graph.js';
import { extractSubgraph } from '../../graph/passes/extractSubgraph.js';
import { foldConstants } from '../../graph/passes/foldConstants.js';
import { inferShapes } from '../../graph/passes/inferShapes.js';
import { removeDeadNodes } from '../../graph/passes/removeDeadNodes.js';
import type { IntegerGraph, IntegerOutput } from '../integerGraph.js';
import { removeDeadOperations } from '../removeDeadOperations.js';
import { rules } from './rules/rules.js';
import { Translation } from './translation.js';

/** What became of a QDQ graph. */
export type TranslationResult =
  | {
      readonly graph: IntegerGraph;
      /** Convolutions among the graph's that run in integers. */
      readonly convolutions: { readonly lowered: number; readonly total: number };
      /** First node that the integer graph cannot hold, where what is not a head is left to the tail. */
      readonly stoppedAt: string | undefined;
    }
  | { readonly graph: undefined; readonly reason: string };

/**
 * Returns the integer graph of a QDQ graph: everything between the quantized image and the heads that the rules
 * understand. What they do not, and all that depends on it, stays an ordinary graph behind it, with its own quantizers.
 * A graph of which nothing can be lowered gives the reason.
 *
 * Values are the same: an operation computes exactly what dequantizing, the operator and quantizing would, up to the
 * float rounding of those three.
 */
export function translateQdq(original: Graph): TranslationResult {
  let graph: Graph;
  try {
    graph = removeDeadNodes(foldConstants(inferShapes(foldConstants(original))));
  } catch (error) {
    return { graph: undefined, reason: toAgentError(error).message };
  }
  const translation = new Translation(graph);
  for (const node of graph.nodes) if (node.domain === '') rules[node.opType]?.(node, translation);
  const { outputs, unlowered } = cut(translation);
  const lowered = translation.operations.filter(({ kind }) => kind === 'convolution').length;
  if (translation.inputs.length === 0) return { graph: undefined, reason: 'its image is not quantized' };
  if (lowered === 0 || outputs.length === 0)
    return { graph: undefined, reason: 'no convolution of it is quantized' };
  if (translation.inputs.some(({ name }) => unlowered.reads.has(name)))
    return {
      graph: undefined,
      reason: `its image is also read in float, by ${unlowered.reads.get(translation.inputs[0]!.name)}`,
    };
  const tail = extractSubgraph(graph, {
    from: outputs.map(({ floatName }) => floatName),
    to: graph.outputs.map(({ name }) => name),
  });
  const { inputs, tensors, operations } = translation;
  return {
    graph: removeDeadOperations({ name: graph.name, inputs, tensors, operations, outputs, tail }),
    convolutions: { lowered, total: graph.nodes.filter(({ opType }) => opType === 'Conv').length },
    stoppedAt: unlowered.first && nodeLabel(unlowered.first),
  };
}

/** Where the network ends and the tail begins. */
function cut(translation: Translation) {
  const { graph, views, pending } = translation;
  const outputs: IntegerOutput[] = [];
  const reads = new Map<string, string>();
  const tail = new Set<Node>();
  const seen = new Set<string>();
  const stack = graph.outputs.map(({ name }) => ({ name, reader: 'an output' }));
  while (stack.length > 0) {
    const { name, reader } = stack.pop()!;
    if (seen.has(name)) continue;
    seen.add(name);
    const isFloat = translation.isFloat(name);
    const view = isFloat ? views.get(name) : undefined;
    const tensor = view && translation.materialize(view);
    const float = pending.get(name)?.float;
    if (tensor !== undefined) outputs.push({ tensor, floatName: name });
    else if (float) {
      float(name);
      outputs.push({ tensor: name, floatName: name });
    } else {
      const node = translation.producer(name);
      if (node === undefined) {
        if (!graph.initializers.has(name)) reads.set(name, reader);
        continue;
      }
      tail.add(node);
      for (const input of node.inputs) if (input !== '') stack.push({ name: input, reader: nodeLabel(node) });
    }
  }
  const first = graph.nodes.find((node) => tail.has(node) && node.opType === 'QuantizeLinear');
  return { outputs, unlowered: { reads, first } };
}
