import { type Graph, type Node, producers } from '../../graph/graph.js';
import type { IntegerInput } from '../integerGraph.js';
import { featureDims } from './codeView.js';

/**
 * Returns the input of the graph of which the tensor `name` is an affine function per channel, as a normalisation is that
 * stands in the graph; `undefined` where it is anything else.
 */
export function imageInput(graph: Graph, name: string): IntegerInput | undefined {
  if (graph.inputs.some((input) => input.name === name)) {
    const channels = featureDims(graph, name)?.[1];
    if (channels === undefined) return undefined;
    return {
      name,
      multipliers: new Array<number>(channels).fill(1),
      offsets: new Array<number>(channels).fill(0),
      blockSize: 1,
    };
  }
  const node = producers(graph).get(name);
  if (node === undefined || !(node.opType in steps)) return undefined;
  const operand = constantOperand(graph, node);
  const before = operand && imageInput(graph, operand.other);
  if (operand === undefined || before === undefined) return undefined;
  const step = steps[node.opType as keyof typeof steps];
  const size = operand.values.length;
  if (size !== 1 && size !== before.multipliers.length) return undefined;
  const next = before.multipliers.map((multiplier, channel) =>
    step({ multiplier, offset: before.offsets[channel]! }, operand.values[size === 1 ? 0 : channel]!),
  );
  return {
    ...before,
    multipliers: next.map(({ multiplier }) => multiplier),
    offsets: next.map(({ offset }) => offset),
  };
}

interface Affine {
  readonly multiplier: number;
  readonly offset: number;
}

const steps = {
  Mul: ({ multiplier, offset }: Affine, by: number): Affine => ({
    multiplier: multiplier * by,
    offset: offset * by,
  }),
  Div: ({ multiplier, offset }: Affine, by: number): Affine => ({
    multiplier: multiplier / by,
    offset: offset / by,
  }),
  Add: ({ multiplier, offset }: Affine, by: number): Affine => ({ multiplier, offset: offset + by }),
  Sub: ({ multiplier, offset }: Affine, by: number): Affine => ({ multiplier, offset: offset - by }),
};

/** The float constant of a node with one, by channel or for all, and the other operand. */
function constantOperand(graph: Graph, { opType, inputs }: Node) {
  const commutes = opType === 'Mul' || opType === 'Add';
  const at = graph.initializers.has(inputs[1]!) ? 1 : commutes ? 0 : -1;
  const constant = graph.initializers.get(inputs[at] ?? '');
  if (constant?.dtype !== 'float32') return undefined;
  const byChannel = constant.dims.length >= 3 && constant.dims.at(-3) === constant.data.length;
  if (constant.data.length !== 1 && !byChannel) return undefined;
  return { values: constant.data as Float32Array, other: inputs[1 - at]! };
}
