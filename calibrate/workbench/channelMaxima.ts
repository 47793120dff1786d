import { AgentError } from '../../runtime/errors.js';
import type { Attribute, Graph, Node, ValueInfo } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { type Feed, runGraph, type Workbench } from './workbench.js';

/** From this version on the axes of ReduceMax are an input; those of ReduceSum are in all versions that can be quantized. */
const opsetOfAxesInput = 18;
const spatialAxes = [2n, 3n];
const axesName = 'channelMaxima/axes';

/**
 * Returns the largest |x| of each channel of the named tensors over all images. The engine reduces them, so that
 * one value a channel leaves it.
 *
 * @param tensors float32 `[1, C, H, W]`, inputs of `graph` or made in it; in the order of its nodes they take the least memory
 * @throws AgentError `activations_not_finite`, naming the tensor; `aborted`
 */
export async function channelMaxima(
  workbench: Workbench,
  graph: Graph,
  { inputs, tensors }: { inputs: readonly Feed[]; tensors: readonly string[] },
): Promise<Map<string, Float32Array>> {
  const types = tensorTypes(graph);
  const channelsOf = (tensor: string) => fixedDims(types.get(tensor))![1]!;
  const maxima = new Map(tensors.map((tensor) => [tensor, new Float32Array(channelsOf(tensor))]));
  if (tensors.length === 0) return maxima;
  await runGraph(workbench, reducedGraph(graph, tensors, channelsOf), inputs, (outputs, image) => {
    for (const [tensor, known] of maxima) {
      const sums = outputs[sumName(tensor)]!.data as Float32Array;
      if (!sums.every(Number.isFinite)) throw notFinite(tensor, image);
      const found = outputs[largestName(tensor)]!.data as Float32Array;
      for (const [channel, value] of found.entries()) known[channel] = Math.max(known[channel]!, value);
    }
  });
  return maxima;
}

const largestName = (tensor: string) => `${tensor}/largest`;
/** A maximum passes over NaN, a sum does not. */
const sumName = (tensor: string) => `${tensor}/sum`;

function reducedGraph(
  graph: Graph,
  tensors: readonly string[],
  channelsOf: (tensor: string) => number,
): Graph {
  const maximumReadsAxes = (graph.opsets.get('') ?? 0) >= opsetOfAxesInput;
  const axes: Tensor = {
    dtype: 'int64',
    dims: [spatialAxes.length],
    data: BigInt64Array.from(spatialAxes),
  };
  const dropped = new Map<string, Attribute>([['keepdims', { type: 'int', value: 0n }]]);
  const maximum = maximumReadsAxes
    ? dropped
    : new Map<string, Attribute>([...dropped, ['axes', { type: 'ints', value: spatialAxes }]]);
  const nodes = tensors.map((tensor): Node[] => {
    const magnitude = `${tensor}/magnitude`;
    return [
      makeNode('Abs', [tensor], magnitude, new Map()),
      makeNode(
        'ReduceMax',
        maximumReadsAxes ? [magnitude, axesName] : [magnitude],
        largestName(tensor),
        maximum,
      ),
      makeNode('ReduceSum', [magnitude, axesName], sumName(tensor), dropped),
    ];
  });
  const outputs = tensors.flatMap((tensor) =>
    [largestName(tensor), sumName(tensor)].map(
      (name): ValueInfo => ({ name, dtype: 'float32', dims: [1, channelsOf(tensor)] }),
    ),
  );
  const reduced: Graph = {
    ...graph,
    // onnxruntime begins with what the last node needs. So it is done with one tensor before it makes the next.
    nodes: [...graph.nodes, ...nodes.toReversed().flat()],
    outputs,
    initializers: new Map([...graph.initializers, [axesName, axes]]),
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

function notFinite(tensor: string, image: number): AgentError {
  const message = `expected finite activations, got NaN or infinity in tensor ${tensor} on image ${image}`;
  return new AgentError('activations_not_finite', message, { detail: { where: tensor, image } });
}
