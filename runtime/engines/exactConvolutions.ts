import { codeRange } from '../graph/codec/dataTypes.js';
import { consumers, type Graph, intAttribute, type Node, producers, type ValueInfo } from '../graph/graph.js';
import { float32Tensor, type Tensor } from '../graph/tensor.js';
import { tensorTypes } from '../graph/tensorTypes.js';

/**
 * Returns the graph with each convolution between codes as one of whole numbers, in float32: the codes less their zero points, of
 * activations, weights and bias, and then their sums times `xScale * weightScale / yScale`, which leaves codes to be rounded.
 *
 * Such sums are exact up to 2^24, in whatever order they are added, and the codes those of an engine that executes int8.
 * Sums of dequantized values end in the neighbouring code now and then, some thirty of ten million; each changes codes behind
 * it, so that at the end of a network a tenth of them differs.
 *
 * Scales and zero points have to be constant, and what the convolution makes read by nothing but its quantizer, or a Relu before that
 * which cuts where its codes begin. All other convolutions stay, and so does the graph itself where none is replaced.
 */
export function exactConvolutions(graph: Graph): Graph {
  const surroundings = readSurroundings(graph);
  const initializers = new Map(graph.initializers);
  const values = new Map(graph.values);
  const replaced = new Map<Node, Node[]>();
  const undivided = new Map<string, Node>();

  /** A quantizer of either kind with scales of one; it makes `output`. */
  const withoutScale = (node: Node, output: string, input = node.inputs[0]!): Node => {
    const scale = node.inputs[1]!;
    const { dims, data } = graph.initializers.get(scale)!;
    initializers.set(`exact:${scale}`, float32Tensor(dims, new Float32Array(data.length).fill(1)));
    return {
      ...node,
      name: output,
      inputs: [input, `exact:${scale}`, ...node.inputs.slice(2)],
      outputs: [output],
    };
  };
  const addValue = (name: string, like: string) =>
    values.set(name, { ...(surroundings.types.get(like) as ValueInfo), name });

  for (const node of graph.nodes) {
    const found = codeConvolution(node, surroundings);
    if (found === undefined) continue;
    const [output] = node.outputs as [string];
    const { dequantizers, relu, quantizer, multiplier } = found;
    const before: Node[] = [];
    const inputs = dequantizers.map((dequantizer) => {
      const value = dequantizer.outputs[0]!;
      const steps = `exact:${value}`;
      if (!undivided.has(value)) {
        undivided.set(value, withoutScale(dequantizer, steps));
        before.push(undivided.get(value)!);
        addValue(steps, value);
      }
      return steps;
    });
    const [sum, scaled, factor] = [`exact:${output}:sum`, `exact:${output}`, `exact:${output}:factor`];
    for (const name of [sum, scaled]) addValue(name, output);
    initializers.set(factor, multiplier);
    const scaling = { opType: 'Mul', inputs: [sum, factor], outputs: [scaled], attributes: new Map() };
    replaced.set(node, [
      ...before,
      { ...node, inputs, outputs: [sum] },
      { ...node, ...scaling, name: scaled },
    ]);
    if (relu) replaced.set(relu, []);
    replaced.set(quantizer, [withoutScale(quantizer, quantizer.outputs[0]!, scaled)]);
  }
  if (replaced.size === 0) return graph;
  return {
    ...graph,
    nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]),
    initializers,
    values,
  };
}

interface Surroundings {
  readonly constants: Graph['initializers'];
  readonly types: ReadonlyMap<string, ValueInfo>;
  readonly makers: ReadonlyMap<string, Node>;
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  readonly outputs: ReadonlySet<string>;
}

function readSurroundings(graph: Graph): Surroundings {
  return {
    constants: graph.initializers,
    types: tensorTypes(graph),
    makers: producers(graph),
    readers: consumers(graph),
    outputs: new Set(graph.outputs.map(({ name }) => name)),
  };
}

interface CodeConvolution {
  /** Of activations, weights and, where there is one, bias. */
  readonly dequantizers: readonly Node[];
  /** Between the convolution and the quantizer, which cuts as it does. */
  readonly relu: Node | undefined;
  /** Of the output. */
  readonly quantizer: Node;
  /** `xScale * weightScale / yScale`, `[1, 1, 1]` or `[filters, 1, 1]`, rounded as onnxruntime's QLinearConv does. */
  readonly multiplier: Tensor;
}

function codeConvolution(node: Node, surroundings: Surroundings): CodeConvolution | undefined {
  if (node.opType !== 'Conv' || node.domain !== '') return undefined;
  const { makers } = surroundings;
  const dequantizers = node.inputs.filter((name) => name !== '').map((name) => makers.get(name));
  const behind = quantizerBehind(node, surroundings);
  if (behind === undefined || !dequantizers.every((maker) => maker?.opType === 'DequantizeLinear'))
    return undefined;
  const [x, weights, bias] = dequantizers.map((maker) => scalesOf(maker!, surroundings));
  const y = scalesOf(behind.quantizer, surroundings);
  if (x?.length !== 1 || y?.length !== 1 || weights === undefined) return undefined;
  if (weights.length > 1 && intAttribute(dequantizers[1]!, 'axis', 1) !== 0) return undefined;
  const sums = Float32Array.from(weights, (scale) => x[0]! * scale);
  // Its codes have to count what the sums count.
  const isSameUnit = (scale: number, filter: number) =>
    Math.abs(scale / sums[filter % sums.length]! - 1) < 1e-5;
  if (dequantizers.length > 2 && bias?.every(isSameUnit) !== true) return undefined;
  const multiplier = float32Tensor(
    [sums.length, 1, 1],
    sums.map((scale) => scale / y[0]!),
  );
  return { dequantizers: dequantizers as Node[], ...behind, multiplier };
}

/** Returns the quantizer that alone reads what a convolution makes, or what a Relu does that cuts where its codes begin. */
function quantizerBehind(
  conv: Node,
  surroundings: Surroundings,
): Pick<CodeConvolution, 'relu' | 'quantizer'> | undefined {
  const reader = soleReader(conv, surroundings);
  const relu = reader?.opType === 'Relu' ? reader : undefined;
  const quantizer = relu ? soleReader(relu, surroundings) : reader;
  if (quantizer?.opType !== 'QuantizeLinear') return undefined;
  const zeroPoint = Number(surroundings.constants.get(quantizer.inputs[2] ?? '')?.data[0] ?? 0);
  const { dtype } = surroundings.types.get(quantizer.outputs[0]!)!;
  return relu && zeroPoint !== codeRange(dtype).qmin ? undefined : { relu, quantizer };
}

function soleReader({ outputs }: Node, surroundings: Surroundings): Node | undefined {
  const readers = surroundings.readers.get(outputs[0]!) ?? [];
  return readers.length === 1 && !surroundings.outputs.has(outputs[0]!) ? readers[0] : undefined;
}

/** Returns the constant scales of a quantizer of either kind, one or one for each filter. */
function scalesOf({ inputs, attributes }: Node, { constants }: Surroundings): Float32Array | undefined {
  const scale = constants.get(inputs[1]!);
  const isKnown = (inputs[2] ?? '') === '' || constants.has(inputs[2]!);
  const isBlocked = attributes.has('block_size');
  return scale?.dtype === 'float32' && isKnown && !isBlocked ? (scale.data as Float32Array) : undefined;
}
