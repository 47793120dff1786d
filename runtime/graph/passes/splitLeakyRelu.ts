import { freshName } from '../freshName.js';
import type { Graph, Node, ValueInfo } from '../graph.js';
import type { Tensor } from '../tensor.js';
import { tensorTypes } from '../tensorTypes.js';
import { leakyReluSplits, type SplitBranch } from './leakyReluSplits.js';
import { removeDeadNodes } from './removeDeadNodes.js';

/**
 * Returns the graph with the convolutions that make `convOutputs` written as two, so that their LeakyReLU of slope a
 * becomes a sum:
 *
 *     LeakyReLU(Wx + b) = ReLU((1 - a)(Wx + b)) + a(Wx + b)
 *
 * Exact but for float rounding. Quantized, no grid has to hold a long negative tail and a fine positive side at
 * once: the first half is fused with its ReLU on an unsigned grid, the second has steps `a` times as large. The
 * price is the convolution once more.
 *
 * Max pools between convolution and LeakyReLU come to stand in both halves, so that the sum has the pooled size:
 * exact, for both halves grow with the same value and so take it from the same place of a window.
 *
 * Convolutions that share weights are split together and go on sharing. What `leakyReluSplits` does not list is left
 * alone.
 */
export function splitLeakyRelu(graph: Graph, convOutputs: ReadonlySet<string>): Graph {
  const splits = leakyReluSplits(graph).filter(({ branches }) =>
    branches.some(({ conv }) => convOutputs.has(conv.outputs[0]!)),
  );
  if (splits.length === 0) return graph;
  const writer = new HalvesWriter(graph);
  const replacements = new Map<Node, Node[]>();
  for (const { alpha, branches } of splits) {
    for (const branch of branches) {
      const rectified = writer.write(branch, { name: 'rectified', factor: 1 - alpha });
      const linear = writer.write(branch, { name: 'linear', factor: alpha });
      for (const { stands, nodes } of [...rectified.steps, ...linear.steps])
        replacements.set(stands, [...(replacements.get(stands) ?? []), ...nodes]);
      const { activation } = branch;
      const inputs = [rectified.output, linear.output];
      replacements.set(activation, [{ ...activation, opType: 'Add', inputs, attributes: new Map() }]);
    }
  }
  const nodes = graph.nodes.flatMap((node) => replacements.get(node) ?? [node]);
  return removeDeadNodes({ ...graph, nodes, initializers: writer.initializers, values: writer.values });
}

/** One summand: the convolution times `factor`. */
interface Half {
  readonly name: 'rectified' | 'linear';
  readonly factor: number;
}

/** What stands, in one half, where a node of the whole stood. */
interface Step {
  readonly stands: Node;
  readonly nodes: readonly Node[];
}

class HalvesWriter {
  readonly initializers: Map<string, Tensor>;
  readonly values: Map<string, ValueInfo>;
  readonly #types: ReadonlyMap<string, ValueInfo>;
  readonly #taken: Set<string>;
  /** Names of scaled constants by half and constant: what was shared stays shared. */
  readonly #scaled = new Map<string, string>();

  constructor(graph: Graph) {
    this.initializers = new Map(graph.initializers);
    this.values = new Map(graph.values);
    this.#types = tensorTypes(graph);
    this.#taken = new Set([...this.#types.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)]);
  }

  /** Returns the nodes of one half and the name of its result. */
  write({ conv, pools }: SplitBranch, half: Half): { steps: readonly Step[]; output: string } {
    const [input = '', ...constants] = conv.inputs;
    const inputs = [input, ...constants.map((constant) => constant && this.#scale(constant, half))];
    const scaled = this.#node({ ...conv, inputs }, half.name);
    const first = [scaled];
    if (half.name === 'rectified')
      first.push(
        this.#node({ ...scaled, opType: 'Relu', inputs: scaled.outputs, attributes: new Map() }, 'relu'),
      );
    const steps: Step[] = [{ stands: conv, nodes: first }];
    let [output = ''] = first.at(-1)!.outputs;
    for (const pool of pools) {
      const node = this.#node({ ...pool, inputs: [output] }, half.name);
      steps.push({ stands: pool, nodes: [node] });
      [output = ''] = node.outputs;
    }
    return { steps, output };
  }

  /** Returns `node` with names of its own for itself and for its output, which keeps its type. */
  #node(node: Node, suffix: string): Node {
    const [output = ''] = node.outputs;
    const name = this.#freshName(`${output}/${suffix}`);
    const type = this.values.get(output) ?? this.#types.get(output);
    if (type) this.values.set(name, { ...type, name });
    return { ...node, name: node.name && `${node.name}/${suffix}`, outputs: [name] };
  }

  #scale(constant: string, { name: half, factor }: Half): string {
    const known = this.#scaled.get(`${half} ${constant}`);
    if (known !== undefined) return known;
    const tensor = this.initializers.get(constant)!;
    const name = this.#freshName(`${constant}/${half}`);
    this.initializers.set(name, { ...tensor, data: (tensor.data as Float32Array).map((x) => x * factor) });
    this.#scaled.set(`${half} ${constant}`, name);
    return name;
  }

  #freshName(wanted: string): string {
    const name = freshName(wanted, (taken) => this.#taken.has(taken));
    this.#taken.add(name);
    return name;
  }
}
