import { freshName } from '../freshName.js';
import { type Graph, type Node, producers } from '../graph.js';
import { removeDeadNodes } from './removeDeadNodes.js';

/**
 * Returns the graph with every hard sigmoid as a HardSigmoid and every hard swish as the product of its input and one, however
 * exporters write them: as operators, or as `Clip(x + a, 0, m) / m` and `y * Clip(x + a, 0, m) / m` below operator set 14
 * (y = x, a = 3, m = 6). Exact but for float rounding.
 */
export function uniformHardSigmoid(graph: Graph): Graph {
  const gates = new WrittenOutGates(graph);
  const isTaken = (name: string) => gates.makers.has(name) || graph.initializers.has(name);
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const [result = ''] = node.outputs;
    if (node.opType === 'HardSwish' && node.domain === '') {
      const [input = ''] = node.inputs;
      const name = freshName(`${result}/gate`, isTaken);
      const gate = hardSigmoid({ input, slope: 1 / 6, offset: 0.5, output: name });
      return [gate, { ...node, opType: 'Mul', inputs: [input, name] }];
    }
    const scaled = gates.scaling(node);
    if (!scaled) return [node];
    const gate = gates.gate(scaled, result);
    if (gate) return [gate];
    const product = gates.made(scaled.tensor, 'Mul');
    for (const [gated, clipped] of product ? [product.inputs, product.inputs.toReversed()] : []) {
      const name = freshName(`${clipped!}/gate`, isTaken);
      const factor = gates.gate({ ...scaled, tensor: clipped! }, name);
      if (factor) return [factor, { ...node, opType: 'Mul', inputs: [gated!, name] }];
    }
    return [node];
  });
  return nodes.some((node, i) => node !== graph.nodes[i]) ? removeDeadNodes({ ...graph, nodes }) : graph;
}

/** A tensor and a constant that it is multiplied by or added to. */
interface Scalar {
  readonly tensor: string;
  readonly scalar: number;
}

class WrittenOutGates {
  readonly makers: ReadonlyMap<string, Node>;

  constructor(readonly graph: Graph) {
    this.makers = producers(graph);
  }

  made(tensor: string, opType: string): Node | undefined {
    const maker = this.makers.get(tensor);
    return maker?.opType === opType && maker.domain === '' ? maker : undefined;
  }

  /** Returns what a node multiplies, or divides, by a constant. */
  scaling(node: Node): Scalar | undefined {
    if (node.domain !== '') return undefined;
    if (node.opType === 'Mul') return this.#operands(node);
    const divisor = node.opType === 'Div' ? this.#constant(node.inputs[1]) : undefined;
    return divisor === undefined ? undefined : { tensor: node.inputs[0]!, scalar: 1 / divisor };
  }

  /** Returns the HardSigmoid that is `scalar * tensor`, if the tensor is `Clip(x + a, 0, 1 / scalar)`. */
  gate({ tensor, scalar }: Scalar, output: string): Node | undefined {
    const clip = this.made(tensor, 'Clip');
    if (!clip) return undefined;
    const [low, high = Number.NaN] = clip.inputs.slice(1).map((limit) => this.#constant(limit));
    const isUnit = low === 0 && Math.abs(high * scalar - 1) < 1e-6;
    const sum = isUnit ? this.made(clip.inputs[0]!, 'Add') : undefined;
    const shifted = sum && this.#operands(sum);
    return (
      shifted &&
      hardSigmoid({ input: shifted.tensor, slope: scalar, offset: shifted.scalar * scalar, output })
    );
  }

  #operands({ inputs: [a = '', b = ''] }: Node): Scalar | undefined {
    const [first, second] = [this.#constant(a), this.#constant(b)];
    if (second !== undefined) return { tensor: a, scalar: second };
    return first === undefined ? undefined : { tensor: b, scalar: first };
  }

  /** Returns the value of a float32 constant that gives its shape to nothing. */
  #constant(name = ''): number | undefined {
    const tensor = this.graph.initializers.get(name);
    const isScalar = tensor?.dtype === 'float32' && tensor.data.length === 1 && tensor.dims.length <= 1;
    return isScalar ? (tensor.data as Float32Array)[0] : undefined;
  }
}

function hardSigmoid(parts: { input: string; slope: number; offset: number; output: string }): Node {
  const { input, slope, offset, output } = parts;
  return {
    ...{ name: output, opType: 'HardSigmoid', domain: '', inputs: [input], outputs: [output] },
    attributes: new Map([
      ['alpha', { type: 'float', value: slope }],
      ['beta', { type: 'float', value: offset }],
    ]),
  };
}
