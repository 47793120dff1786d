import { AgentError } from '../../errors.js';
import { dataTypeOf, storage } from '../codec/dataTypes.js';
import { type Attribute, type Graph, type Node, nodeLabel, type ValueInfo } from '../graph.js';
import type { Tensor } from '../tensor.js';

/**
 * Returns the graph with every float16 tensor as float32: weights, constants, casts, inputs and outputs. Values are the
 * same, as each float16 is a float32; results differ by what float16 arithmetic rounded off. A graph without
 * float16 is returned as it is.
 *
 * @throws AgentError `op_unsupported` when a node holds a subgraph, which is not looked into
 */
export function widenFloat16(graph: Graph): Graph {
  if (!hasFloat16(graph)) return graph;
  const wideValue = (value: ValueInfo): ValueInfo =>
    value.dtype === 'float16' ? { ...value, dtype: 'float32' } : value;
  return {
    ...graph,
    inputs: graph.inputs.map(wideValue),
    outputs: graph.outputs.map(wideValue),
    values: new Map([...graph.values].map(([name, value]) => [name, wideValue(value)])),
    initializers: new Map([...graph.initializers].map(([name, tensor]) => [name, wideTensor(tensor)])),
    nodes: graph.nodes.map(wideNode),
  };
}

function hasFloat16(graph: Graph): boolean {
  const held = [...graph.initializers.values(), ...graph.inputs, ...graph.outputs];
  const inNodes = graph.nodes.flatMap(({ attributes }) => [...attributes.values()]);
  return (
    held.some(({ dtype }) => dtype === 'float16') ||
    inNodes.some((attribute) => attribute.type === 'tensor' && attribute.value.dtype === 'float16')
  );
}

/** Attributes that name an element type. */
const typeAttributes = new Set(['to', 'dtype']);

function wideNode(node: Node): Node {
  const attributes = new Map<string, Attribute>();
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === 'opaque') {
      throw new AgentError(
        'op_unsupported',
        `${nodeLabel(node)}: expected no subgraph in a float16 model, got attribute "${name}"`,
        { detail: { where: nodeLabel(node), mend: 'export the model in float32' } },
      );
    }
    if (attribute.type === 'tensor') {
      attributes.set(name, { ...attribute, value: wideTensor(attribute.value) });
    } else if (
      attribute.type === 'int' &&
      typeAttributes.has(name) &&
      dataTypeOf(Number(attribute.value)) === 'float16'
    ) {
      attributes.set(name, { type: 'int', value: BigInt(storage.float32.onnx) });
    } else attributes.set(name, attribute);
  }
  return { ...node, attributes };
}

function wideTensor(tensor: Tensor): Tensor {
  if (tensor.dtype !== 'float16') return tensor;
  return {
    dtype: 'float32',
    dims: tensor.dims,
    data: Float32Array.from(tensor.data as Uint16Array, toFloat),
  };
}

/** Returns the value of the 16 bits of an IEEE 754 binary16. */
function toFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
