import { codeRange, storage } from '../../graph/codec/dataTypes.js';
import { type Graph, intAttribute, type Node, type ValueInfo } from '../../graph/graph.js';
import { type DataType, float32Tensor, int64Tensor } from '../../graph/tensor.js';
import { tensorTypes } from '../../graph/tensorTypes.js';
import { Additions } from './additions.js';

/**
 * Returns the graph with each quantizer of either kind whose grid only a run knows as the steps that ONNX gives for it: a quotient,
 * rounded to the even code, plus the zero point, clipped; and the difference from the zero point, times the scale. WebNN asks for
 * grids that are constant.
 *
 * @param graph with the types of all its tensors
 */
export function fedGridsAsSteps(graph: Graph): Graph {
  const types = tensorTypes(graph);
  const added = new Additions(graph);
  const isFed = ({ opType, domain, inputs, attributes }: Node) =>
    ['QuantizeLinear', 'DequantizeLinear'].includes(opType) &&
    domain === '' &&
    !attributes.has('block_size') &&
    inputs.slice(1).some((input) => input !== '' && !graph.initializers.has(input));
  const nodes = graph.nodes.flatMap((node) => (isFed(node) ? steps(node, { types, added }) : [node]));
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, initializers: added.initializers };
}

interface Surroundings {
  readonly types: ReadonlyMap<string, ValueInfo>;
  readonly added: Additions;
}

function steps(node: Node, { types, added }: Surroundings): Node[] {
  const [input = '', scaleName = '', zeroPointName = ''] = node.inputs;
  const [output] = node.outputs as [string];
  const rank = types.get(input)!.dims.length;
  const made: Node[] = [];
  const step = (opType: string, inputs: readonly string[], attributes?: Node['attributes']): string => {
    made.push(added.node(`${output}/${opType}`, opType, inputs, attributes));
    return made.at(-1)!.outputs[0]!;
  };
  const cast = (from: string, to: DataType): string => {
    return step('Cast', [from], new Map([['to', { type: 'int', value: BigInt(storage[to].onnx) }]]));
  };
  /** A grid by channel as one that broadcasts. */
  const spread = (grid: string): string => {
    if (types.get(grid)!.dims.length === 0) return grid;
    const axis = intAttribute(node, 'axis', 1);
    const behind = (axis < 0 ? axis + rank : axis) + 1;
    const dims = [-1, ...Array<number>(rank - behind).fill(1)];
    return step('Reshape', [grid, added.constant(`${output}/dims`, int64Tensor(dims))]);
  };
  const number = (value: number) =>
    added.constant(`${output}/code`, float32Tensor([], Float32Array.of(value)));

  const scale = spread(scaleName);
  const zeroPoint = zeroPointName === '' ? number(0) : cast(spread(zeroPointName), 'float32');
  if (node.opType === 'QuantizeLinear') {
    const { dtype } = types.get(output)!;
    const { qmin, qmax } = codeRange(dtype);
    const code = step('Add', [step('Round', [step('Div', [input, scale])]), zeroPoint]);
    cast(step('Clip', [code, number(qmin), number(qmax)]), dtype);
  } else {
    step('Mul', [step('Sub', [cast(input, 'float32'), zeroPoint]), scale]);
  }
  return [...made.slice(0, -1), { ...made.at(-1)!, name: node.name, outputs: node.outputs }];
}
