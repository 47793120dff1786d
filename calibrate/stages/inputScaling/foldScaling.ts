import { freshName } from '../../../runtime/graph/freshName.js';
import { type Graph, intAttribute, type Node, type ValueInfo } from '../../../runtime/graph/graph.js';
import { float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { tensorTypes } from '../../../runtime/graph/tensorTypes.js';
import type { ChannelClasses } from './channelClasses.js';
import { selfGatedProducts } from './selfGated.js';

/**
 * Returns `graph` with each channel divided by its class's factor: what makes a channel is divided, what reads it
 * multiplied, both in the convolutions' weights and biases. The gate of a self-gated activation is not to see the scaling, so a
 * multiply by channel before it undoes it: y gate(y) / r = (y / r) * gate(r (y / r)).
 *
 * @param factors by class, > 0
 */
export function foldScaling(graph: Graph, classes: ChannelClasses, factors: Float64Array): Graph {
  const factorsOf = (tensor: string): Float64Array =>
    Float64Array.from(classes.classesOf(tensor), (index) => factors[index]!);
  const unscaled = unscaleGates(graph, factorsOf);
  const initializers = new Map(unscaled.initializers);
  for (const node of graph.nodes.filter(({ opType }) => opType === 'Conv')) {
    const [input = '', weight = '', bias = ''] = node.inputs;
    const scale = { input: factorsOf(input), output: factorsOf(node.outputs[0]!) };
    const [weights, biases] = [graph.initializers.get(weight), graph.initializers.get(bias)];
    // Read from the unscaled graph: convolutions that share a constant have the same classes and write the same.
    if (weights && [...scale.input, ...scale.output].some(isNotOne)) {
      initializers.set(weight, scaledWeights(weights, { ...scale, group: intAttribute(node, 'group', 1) }));
      if (biases) initializers.set(bias, dividedBy(scale.output, biases));
    }
  }
  return { ...unscaled, initializers };
}

const isNotOne = (factor: number) => factor !== 1;

/** Puts a multiply before each gate of a self-gated activation whose input is scaled. */
function unscaleGates(graph: Graph, factorsOf: (tensor: string) => Float64Array): Graph {
  const products = [...selfGatedProducts(graph)];
  const inputOfGate = new Map(
    products.map(([mul, input]) => [mul.inputs.find((name) => name !== input)!, input]),
  );
  const types = tensorTypes(graph);
  const initializers = new Map(graph.initializers);
  const values = new Map(graph.values);
  const name = (wanted: string) => freshName(wanted, (taken) => types.has(taken));
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const input = inputOfGate.get(node.outputs[0]!);
    const factors = input === undefined ? [] : factorsOf(input);
    if (input === undefined || !factors.some(isNotOne)) return [node];
    const [product, factor] = [name(`${node.outputs[0]}/unscaled`), name(`${node.outputs[0]}/factor`)];
    const type: ValueInfo = { ...types.get(input)!, name: product };
    values.set(product, type);
    initializers.set(factor, float32Tensor([1, factors.length, 1, 1], Float32Array.from(factors)));
    const multiply: Node = {
      name: product,
      opType: 'Mul',
      domain: '',
      inputs: [input, factor],
      outputs: [product],
      attributes: new Map(),
    };
    return [multiply, { ...node, inputs: [product] }];
  });
  return { ...graph, nodes, initializers, values };
}

/** @param weights `[outputs, inputs / group, ...kernel]` */
function scaledWeights(
  weights: Tensor,
  { input, output, group }: { input: Float64Array; output: Float64Array; group: number },
): Tensor {
  const [outputs = 1, width = 1] = weights.dims;
  const data = weights.data as Float32Array;
  const area = data.length / (outputs * width);
  const scaled = data.map((value, i) => {
    const filter = Math.floor(i / (area * width));
    const channel = Math.floor((filter * group) / outputs) * width + (Math.floor(i / area) % width);
    return (value * (input[channel] ?? 1)) / (output[filter] ?? 1);
  });
  return float32Tensor(weights.dims, scaled);
}

function dividedBy(factors: Float64Array, bias: Tensor): Tensor {
  const values = (bias.data as Float32Array).map((value, filter) => value / (factors[filter] ?? 1));
  return float32Tensor(bias.dims, values);
}
