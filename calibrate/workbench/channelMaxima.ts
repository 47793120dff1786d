import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Attribute, Graph, Node, ValueInfo } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { runGraph, type Workbench } from './workbench.js';

/** From this version on the axes of ReduceMax are an input. */
const opsetOfAxesInput = 18;

/**
 * Returns the largest |x| of each channel of the named tensors over all images. The engine reduces them, so that
 * one value a channel leaves it.
 *
 * @param tensors float32 `[1, C, H, W]`, inputs of `graph` or made in it
 * @throws AgentError `aborted`
 */
export async function channelMaxima(
  workbench: Workbench,
  graph: Graph,
  { inputs, tensors }: { inputs: readonly TensorMap[]; tensors: readonly string[] },
): Promise<Map<string, Float32Array>> {
  const types = tensorTypes(graph);
  const maxima = new Map(
    tensors.map((tensor) => [tensor, new Float32Array(types.get(tensor)!.dims[1] as number)]),
  );
  if (tensors.length === 0) return maxima;
  await runGraph(workbench, reducedGraph(graph, tensors), inputs, (outputs) => {
    for (const [tensor, known] of maxima) {
      const values = outputs[reducedName(tensor)]!.data as Float32Array;
      for (let channel = 0; channel < known.length; channel++) {
        known[channel] = Math.max(known[channel]!, values[channel]!);
      }
    }
  });
  return maxima;
}

const reducedName = (tensor: string) => `${tensor}/largest`;

function reducedGraph(graph: Graph, tensors: readonly string[]): Graph {
  const axesName = 'channelMaxima/axes';
  const isInput = (graph.opsets.get('') ?? 0) >= opsetOfAxesInput;
  const axes: Tensor = { dtype: 'int64', dims: [3], data: BigInt64Array.of(0n, 2n, 3n) };
  const attributes = new Map<string, Attribute>([['keepdims', { type: 'int', value: 0n }]]);
  if (!isInput) attributes.set('axes', { type: 'ints', value: [0n, 2n, 3n] });
  const nodes = tensors.flatMap((tensor): Node[] => {
    const magnitude = `${tensor}/magnitude`;
    const reads = isInput ? [magnitude, axesName] : [magnitude];
    return [
      makeNode('Abs', [tensor], magnitude, new Map()),
      makeNode('ReduceMax', reads, reducedName(tensor), attributes),
    ];
  });
  const outputs = tensors.map(
    (tensor): ValueInfo => ({
      name: reducedName(tensor),
      dtype: 'float32',
      dims: [tensorTypes(graph).get(tensor)!.dims[1]!],
    }),
  );
  const reduced: Graph = {
    ...graph,
    nodes: [...graph.nodes, ...nodes],
    outputs,
    initializers: new Map([...graph.initializers, ...(isInput ? ([[axesName, axes]] as const) : [])]),
  };
  return extractSubgraph(reduced, { to: outputs.map(({ name }) => name) });
}

function makeNode(
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: ReadonlyMap<string, Attribute>,
): Node {
  return { name: output, opType, domain: '', inputs, outputs: [output], attributes };
}
