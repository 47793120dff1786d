import type { DataType, Tensor } from './tensor.js';

/**
 * The typed, in-memory form of an ONNX model. Every pass is a pure function from Graph to Graph: nothing here is
 * mutated after it is made. Tensors are identified by name, as in ONNX; the empty string marks an absent
 * optional input or output.
 */
export interface Graph {
  readonly name: string;
  readonly irVersion: number;
  /** Operator set version by domain; `''` is the standard domain. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Inputs to be fed at run time. An initializer listed as input in the file (ONNX IR 3) is not among them. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Constants by tensor name. */
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Types of intermediate tensors, where the file or shape inference gives them. */
  readonly values: ReadonlyMap<string, ValueInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  /** What the file holds beyond the fields above; opaque, carried by the codec alone. */
  readonly residue?: unknown;
}

/** A tensor's name and type. A dimension that is not fixed is its symbol's name, or `null` when it has none. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: DataType;
  readonly dims: readonly (number | string | null)[];
}

export interface Node {
  readonly name: string;
  readonly opType: string;
  /** `''` is the standard ONNX domain. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly residue?: unknown;
}

export type Attribute =
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'ints'; readonly value: readonly bigint[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  /** Subgraphs, sparse tensors and whatever else is not modelled: carried by the codec alone. */
  | { readonly type: 'opaque'; readonly value: unknown };

/** Returns an integer attribute of `node`, or `fallback` when it is absent. */
export function intAttribute(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'int' ? Number(attribute.value) : fallback;
}

/** Returns an integer-list attribute of `node`, or `fallback` when it is absent. */
export function intsAttribute(node: Node, name: string, fallback: readonly number[]): readonly number[] {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'ints' ? attribute.value.map(Number) : fallback;
}

/** Returns a float attribute of `node`, or `fallback` when it is absent. */
export function floatAttribute(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'float' ? attribute.value : fallback;
}

/** Returns a string attribute of `node`, or `fallback` when it is absent. */
export function stringAttribute(node: Node, name: string, fallback: string): string {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'string' ? attribute.value : fallback;
}

/** Returns how messages call a node: its operator and its name, or its first output where it has no name. */
export function nodeLabel(node: Node): string {
  return `${node.opType} "${node.name || (node.outputs[0] ?? '')}"`;
}

/** Returns the node that makes each tensor, by tensor name. */
export function producers(graph: Graph): Map<string, Node> {
  const map = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) if (output !== '') map.set(output, node);
  return map;
}

/** Returns the nodes that read each tensor, in topological order, by tensor name. */
export function consumers(graph: Graph): Map<string, Node[]> {
  const map = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      if (input === '') continue;
      const readers = map.get(input);
      if (readers) readers.push(node);
      else map.set(input, [node]);
    }
  }
  return map;
}
