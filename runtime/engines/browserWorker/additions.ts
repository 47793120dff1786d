import { freshName } from '../../graph/freshName.js';
import { type Attribute, type Graph, type Node, producers } from '../../graph/graph.js';
import type { Tensor } from '../../graph/tensor.js';

/** Nodes and constants to be added to a graph, under names that it does not have. */
export class Additions {
  /** The graph's, and those added. */
  readonly initializers: Map<string, Tensor>;
  readonly #taken: Set<string>;

  constructor(graph: Graph) {
    this.initializers = new Map(graph.initializers);
    this.#taken = new Set([
      ...producers(graph).keys(),
      ...graph.initializers.keys(),
      ...graph.inputs.map(({ name }) => name),
    ]);
  }

  /** Returns the constant's name. */
  constant(wanted: string, tensor: Tensor): string {
    const name = this.#name(wanted);
    this.initializers.set(name, tensor);
    return name;
  }

  /** Returns a node whose output has a name of its own. */
  node(wanted: string, opType: string, inputs: readonly string[], attributes?: Node['attributes']): Node {
    return newNode(this.#name(wanted), opType, inputs, attributes);
  }

  #name(wanted: string): string {
    const name = freshName(wanted, (candidate) => this.#taken.has(candidate));
    this.#taken.add(name);
    return name;
  }
}

/** Returns an operator of ONNX's own set that makes `output`. */
export function newNode(
  output: string,
  opType: string,
  inputs: readonly string[],
  attributes: ReadonlyMap<string, Attribute> = new Map(),
): Node {
  return { name: output, opType, domain: '', inputs, outputs: [output], attributes };
}
