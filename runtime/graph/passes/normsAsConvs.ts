import { freshName } from '../freshName.js';
import type { Graph, Node } from '../graph.js';
import { float32Tensor } from '../tensor.js';
import { fixedDims, tensorTypes } from '../tensorTypes.js';
import { batchNorm, float32Constant } from './channelAffine.js';
import { removeDeadNodes } from './removeDeadNodes.js';

/**
 * Returns the graph with every BatchNormalization behind a convolution that is not folded into one, as behind a sum or a
 * concatenation, as the depthwise 1x1 Conv that it is: engines have integer forms of that alone. One in front of all
 * convolutions normalises the image and stays.
 *
 * @param graph with all shapes
 */
export function normsAsConvs(graph: Graph): Graph {
  const types = tensorTypes(graph);
  const constant = float32Constant(graph.initializers);
  const initializers = new Map(graph.initializers);
  const isBehindConv = new Set<string>();
  const nodes = graph.nodes.map((node): Node => {
    const [input = '', ...statistics] = node.inputs;
    const [result = ''] = node.outputs;
    const isBehind = node.inputs.some((name) => isBehindConv.has(name));
    if (isBehind || node.opType === 'Conv') for (const output of node.outputs) isBehindConv.add(output);
    const isNorm = node.opType === 'BatchNormalization' && node.domain === '' && statistics.length === 4;
    const affine =
      isNorm && isBehind && fixedDims(types.get(input))?.length === 4 ? batchNorm(node, constant) : undefined;
    if (!affine) return node;
    const channels = affine.factors.length;
    const added = (part: string, dims: readonly number[], values: ArrayLike<number>): string => {
      const name = freshName(`${result}/${part}`, (taken) => types.has(taken) || initializers.has(taken));
      initializers.set(name, float32Tensor(dims, Float32Array.from(values)));
      return name;
    };
    const inputs = [
      input,
      added('weights', [channels, 1, 1, 1], affine.factors),
      added('bias', [channels], affine.shifts),
    ];
    const group = { type: 'int', value: BigInt(channels) } as const;
    return { ...node, opType: 'Conv', inputs, attributes: new Map([['group', group]]) };
  });
  return initializers.size > graph.initializers.size
    ? removeDeadNodes({ ...graph, nodes, initializers })
    : graph;
}
