import { toAgentError } from '../../errors.js';
import { type Graph, type Node, nodeLabel } from '../../graph/graph.js';
import { extractSubgraph } from '../../graph/passes/extractSubgraph.js';
import { foldConstants } from '../../graph/passes/foldConstants.js';
import { inferShapes } from '../../graph/passes/inferShapes.js';
import { removeDeadNodes } from '../../graph/passes/removeDeadNodes.js';
import type { IntegerGraph } from '../integerGraph.js';
import { removeDeadOperations } from '../removeDeadOperations.js';
import { cutTail } from './cutTail.js';
import { notLowered } from './notLowered.js';
import { quantizeBeforeMoving } from './quantizeBeforeMoving.js';
import { rules } from './rules/rules.js';
import { Translation } from './translation.js';

/** What became of a QDQ graph. */
export type TranslationResult =
  | {
      readonly graph: IntegerGraph;
      /** Convolutions among the graph's that run in integers. */
      readonly convolutions: { readonly lowered: number; readonly total: number };
      /** First node in front of a quantizer that the integer graph cannot hold; `undefined` where only heads are left to the tail. */
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
    const moving = quantizeBeforeMoving(foldConstants(original));
    graph = removeDeadNodes(foldConstants(inferShapes(moving)));
  } catch (error) {
    return { graph: undefined, reason: toAgentError(error).message };
  }
  const translation = new Translation(graph);
  for (const node of graph.nodes) if (node.domain === '') rules[node.opType]?.(node, translation);
  const { outputs, tail, inputReader } = cutTail(translation);
  const convolutions = graph.nodes.filter(({ opType }) => opType === 'Conv');
  const lowered = convolutions.filter((node) => !tail.has(node) && !translation.inFloat.has(node)).length;
  if (lowered === 0) return { graph: undefined, reason: notLowered(graph, translation) };
  if (inputReader !== undefined) {
    const { input, reader } = inputReader;
    return { graph: undefined, reason: `its input "${input}" is read in float by ${reader}` };
  }
  const { inputs, tensors, operations } = translation;
  const rest = extractSubgraph(graph, {
    from: outputs.map(({ floatName }) => floatName),
    to: graph.outputs.map(({ name }) => name),
  });
  const stop = firstInTail(translation, tail);
  return {
    graph: removeDeadOperations({
      name: graph.name,
      inputs,
      tensors,
      operations,
      outputs,
      tail: rest,
      unpacked: {},
    }),
    convolutions: { lowered, total: convolutions.length },
    stoppedAt: stop && nodeLabel(stop),
  };
}

/** The node that keeps the first quantizer of the tail from being lowered: itself, or what is in the tail in front of it. */
function firstInTail(translation: Translation, tail: ReadonlySet<Node>): Node | undefined {
  let node = translation.graph.nodes.find((one) => tail.has(one) && one.opType === 'QuantizeLinear');
  for (let before = node; before !== undefined; before = tailInput(before)) node = before;
  return node;

  /** Constants in codes aside: they wait in the tail for whatever reads them. */
  function tailInput({ inputs }: Node): Node | undefined {
    return inputs
      .map((name) => translation.producer(name))
      .find((maker) => maker && tail.has(maker) && translation.constant(maker.inputs[0]) === undefined);
  }
}
