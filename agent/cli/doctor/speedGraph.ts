import { createRandom } from '../../../calibrate/random.js';
import type { Attribute, Graph, Node } from '../../../runtime/graph/graph.js';
import { elementCount, float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';

const channels = 64;
const side = 48;
const layers = 4;
const weightDims = [channels, channels, 3, 3];
const inputDims = [1, channels, side, side];

/** Multiply-accumulates of one run of either graph. */
export const speedGraphMacs = layers * side * side * elementCount(weightDims);

export interface SpeedGraph {
  readonly graph: Graph;
  readonly feeds: { readonly x: Tensor };
}

/** Returns four 3x3 convolutions with ReLU at 64 channels and 48x48, in float: what a detector mostly consists of. */
export function floatSpeedGraph(): SpeedGraph {
  const weights = codes();
  const values = Float32Array.from(weights, (code) => code * weightScale);
  const initializers = new Map<string, Tensor>([['w', float32Tensor(weightDims, values)]]);
  const nodes = chain((layer, input, output) => [
    conv(layer, [input, 'w'], `c${layer}`),
    relu(layer, output),
  ]);
  return speedGraph(nodes, initializers);
}

/** Returns the same network as a QDQ graph: unsigned activations, signed weights per output channel. */
export function quantizedSpeedGraph(): SpeedGraph {
  const initializers = new Map<string, Tensor>([
    ['w', { dtype: 'int8', dims: weightDims, data: codes() }],
    ['wScale', float32Tensor([channels], new Float32Array(channels).fill(weightScale))],
    ['wZero', { dtype: 'int8', dims: [channels], data: new Int8Array(channels) }],
    ['scale', float32Tensor([], Float32Array.of(activationScale))],
    ['zero', { dtype: 'uint8', dims: [], data: Uint8Array.of(0) }],
  ]);
  const grid = (name: string, input: string, output: string): Node[] => [
    node('QuantizeLinear', {
      name: `${name}Quantize`,
      inputs: [input, 'scale', 'zero'],
      output: `${name}Codes`,
    }),
    node('DequantizeLinear', {
      name: `${name}Dequantize`,
      inputs: [`${name}Codes`, 'scale', 'zero'],
      output,
    }),
  ];
  const weight = node('DequantizeLinear', {
    name: 'weightDequantize',
    inputs: ['w', 'wScale', 'wZero'],
    output: 'wFloat',
    attributes: [['axis', { type: 'int', value: 0n }]],
  });
  const nodes = chain((layer, input, output) => [
    ...grid(`in${layer}`, input, `q${layer}`),
    conv(layer, [`q${layer}`, 'wFloat'], `c${layer}`),
    relu(layer, layer === layers - 1 ? 'last' : output),
  ]);
  return speedGraph([weight, ...nodes, ...grid('out', 'last', 'y')], initializers);
}

const weightScale = 0.0005;
/** Activations reach 2.2 at these weights. */
const activationScale = 0.01;

function codes(): Int8Array {
  const random = createRandom(1);
  return Int8Array.from({ length: elementCount(weightDims) }, () => random.below(255) - 127);
}

function speedGraph(nodes: readonly Node[], initializers: ReadonlyMap<string, Tensor>): SpeedGraph {
  const random = createRandom(2);
  const data = Float32Array.from({ length: elementCount(inputDims) }, () => random.uniform());
  const type = { dtype: 'float32', dims: inputDims } as const;
  const graph: Graph = {
    name: 'speed',
    irVersion: 8,
    opsets: new Map([['', 13]]),
    inputs: [{ name: 'x', ...type }],
    outputs: [{ name: 'y', ...type }],
    initializers,
    nodes,
    values: new Map(),
    metadata: new Map(),
  };
  return { graph, feeds: { x: float32Tensor(inputDims, data) } };
}

function chain(layerNodes: (layer: number, input: string, output: string) => Node[]): Node[] {
  return Array.from({ length: layers }, (_, layer) =>
    layerNodes(layer, layer === 0 ? 'x' : `r${layer - 1}`, layer === layers - 1 ? 'y' : `r${layer}`),
  ).flat();
}

function conv(layer: number, inputs: readonly string[], output: string): Node {
  const pads: Attribute = { type: 'ints', value: [1n, 1n, 1n, 1n] };
  return node('Conv', { name: `conv${layer}`, inputs, output, attributes: [['pads', pads]] });
}

function relu(layer: number, output: string): Node {
  return node('Relu', { name: `relu${layer}`, inputs: [`c${layer}`], output });
}

interface NodeParts {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: readonly (readonly [string, Attribute])[];
}

function node(opType: string, { name, inputs, output, attributes = [] }: NodeParts): Node {
  return { name, opType, domain: '', inputs, outputs: [output], attributes: new Map(attributes) };
}
