import { type Graph, type Node, producers } from '../../graph/graph.js';
import type { ImageStep, IntegerInput } from '../integerGraph.js';
import { featureDims } from './codeView.js';

/**
 * Returns the input of the graph that the tensor `name` is, or is after sums and products by channel, as a normalisation is that
 * stands in the graph; `undefined` where it is anything else.
 */
export function imageInput(graph: Graph, name: string): IntegerInput | undefined {
  if (graph.inputs.some((input) => input.name === name)) {
    const channels = featureDims(graph, name)?.[1];
    if (channels === undefined) return undefined;
    return { name, channels, steps: [], blockSize: 1 };
  }
  const node = producers(graph).get(name);
  if (node === undefined || !isStep(node.opType)) return undefined;
  const operand = constantOperand(graph, node);
  const before = operand && imageInput(graph, operand.other);
  if (operand === undefined || before === undefined) return undefined;
  const { channels, steps } = before;
  const { values } = operand;
  if (values.length !== 1 && values.length !== channels) return undefined;
  const byChannel = Array.from({ length: channels }, (_, c) => values[values.length === 1 ? 0 : c]!);
  return { ...before, steps: [...steps, { op: node.opType, values: byChannel }] };
}

function isStep(opType: string): opType is ImageStep['op'] {
  return ['Add', 'Sub', 'Mul', 'Div'].includes(opType);
}

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
