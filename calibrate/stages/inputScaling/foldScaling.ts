import { freshName } from '../../../runtime/graph/freshName.js';
import { type Graph, intAttribute, type Node } from '../../../runtime/graph/graph.js';
import { float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { tensorTypes } from '../../../runtime/graph/tensorTypes.js';
import type { ChannelClasses } from './channelClasses.js';
import { siluMuls } from './silu.js';

/**
 * Returns `graph` with each channel divided by its class's factor: what makes a channel is divided, what reads it
 * multiplied, both in the convolutions' weights and biases. Before a SiLU's sigmoid, which is not to see the
 * scaling, a multiply by channel undoes it: silu(y) / r = (y / r) * sigmoid(r (y / r)).
 *
 * @param factors by class, > 0
 */
export function foldScaling(graph: Graph, classes: ChannelClasses, factors: Float64Array): Graph {
  const factorsOf = (tensor: string): Float64Array =>
    Float64Array.from(
      { length: classes.channelsOf(tensor) },
      (_, channel) => factors[classes.classOf({ tensor, channel })]!,
    );
  const initializers = new Map(graph.initializers);
  const values = new Map(graph.values);
  const types = tensorTypes(graph);
  const sigmoidInputs = new Map(
    [...siluMuls(graph)].map(([mul, input]) => [mul.inputs.find((name) => name !== input)!, input] as const),
  );
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [input = '', weight = '', bias = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (node.opType === 'Conv') {
      const scale = { input: factorsOf(input), output: factorsOf(output) };
      const weights = graph.initializers.get(weight);
      if (weights && (scale.input.some(isNotOne) || scale.output.some(isNotOne))) {
        // Convolutions that share a weight or bias have the same classes, so writing it again changes nothing.
        initializers.set(weight, scaledWeights(weights, { ...scale, group: intAttribute(node, 'group', 1) }));
        const offsets = graph.initializers.get(bias);
        if (offsets) initializers.set(bias, divided(offsets, scale.output));
      }
      return [node];
    }
    const undone = sigmoidInputs.get(output);
    const factor = undone === undefined ? [] : factorsOf(undone);
    if (node.opType !== 'Sigmoid' || !factor.some(isNotOne)) return [node];
    const isTaken = (name: string) => types.has(name) || initializers.has(name);
    const name = freshName(`${undone}/unscaled`, isTaken);
    const factorName = freshName(`${undone}/factor`, isTaken);
    initializers.set(factorName, float32Tensor([1, factor.length, 1, 1], Float32Array.from(factor)));
    values.set(name, { ...types.get(undone!)!, name });
    const multiply: Node = {
      name,
      opType: 'Mul',
      domain: '',
      inputs: [undone!, factorName],
      outputs: [name],
      attributes: new Map(),
    };
    return [multiply, { ...node, inputs: [name] }];
  });
  return { ...graph, nodes, initializers, values };
}

const isNotOne = (factor: number) => factor !== 1;

/** @param weights `[outputs, inputs / group, ...kernel]` */
function scaledWeights(
  weights: Tensor,
  { input, output, group }: { input: Float64Array; output: Float64Array; group: number },
): Tensor {
  const [outputs = 1, width = 1] = weights.dims;
  const data = weights.data as Float32Array;
  const area = data.length / (outputs * width);
  const scaled = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const filter = Math.floor(i / (area * width));
    const channel = Math.floor((filter * group) / outputs) * width + (Math.floor(i / area) % width);
    scaled[i] = (data[i]! * (input[channel] ?? 1)) / (output[filter] ?? 1);
  }
  return float32Tensor(weights.dims, scaled);
}

function divided(bias: Tensor, output: Float64Array): Tensor {
  const values = (bias.data as Float32Array).map((value, filter) => value / (output[filter] ?? 1));
  return float32Tensor(bias.dims, values);
}
