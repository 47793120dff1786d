import { AgentError } from '../../../runtime/errors.js';
import { type Graph, type Node, producers, type ValueInfo } from '../../../runtime/graph/graph.js';
import { inferShapes } from '../../../runtime/graph/passes/inferShapes.js';
import { removeDeadNodes } from '../../../runtime/graph/passes/removeDeadNodes.js';
import { fixedDims } from '../../../runtime/graph/tensorTypes.js';

/**
 * Returns a detector that ends in a selection of its own (YOLOv10 and YOLO26 end to end, exports with `nms=True`) without it: up to
 * the boxes and probabilities of all locations, `[1, 4 + C, N]`, which alone of what the network computes leads on. `undefined`
 * where there is no such tensor, or its dimensions cannot be told.
 *
 * @param graph with a fixed input
 */
export function withoutSelection(graph: Graph): Graph | undefined {
  const makers = producers(graph);
  const packed = graph.nodes.findLast(
    ({ opType, inputs }) =>
      opType === 'Concat' && inputs.length === 2 && makers.get(inputs[1]!)?.opType === 'Sigmoid',
  );
  const name = packed?.outputs[0] ?? '';
  const isOutput = graph.outputs.some((output) => output.name === name);
  if (packed === undefined || isOutput || !allLeadsThrough(packed, graph)) return undefined;
  const cut = removeDeadNodes({ ...graph, outputs: [{ name, dtype: 'float32', dims: [null, null, null] }] });
  const outputs = typedOutputs(cut);
  return fixedDims(outputs?.[0])?.length === 3 ? { ...cut, outputs: outputs! } : undefined;
}

function typedOutputs(graph: Graph): readonly ValueInfo[] | undefined {
  try {
    return inferShapes({ ...graph, values: new Map() }).outputs;
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}

/** Whether what the outputs are made from leaves out every convolution and the picture, where it is not made by way of `node`. */
function allLeadsThrough(node: Node, graph: Graph): boolean {
  const makers = producers(graph);
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const seen = new Set<string>();
  const waiting = graph.outputs.map(({ name }) => name);
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    if (inputs.has(tensor)) return false;
    const maker = makers.get(tensor);
    if (maker === undefined || maker === node) continue;
    if (maker.opType === 'Conv') return false;
    waiting.push(...maker.inputs);
  }
  return true;
}
