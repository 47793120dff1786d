import type { Attribute, Node } from '../../../graph/graph.js';
import { int64Tensor, type Tensor } from '../../../graph/tensor.js';
import type { Grid } from '../../../lowering/integerGraph.js';
import { exceedsProductSums } from '../productSums.js';
import type { KernelChoices } from './kernelChoices.js';

/** A whole number is an `int`; floats are written as `{ type: 'float', value }`. */
export type AttributeValue = number | readonly number[] | string | Attribute;

export interface NodeOptions {
  /** Name of the tensor made. Default: a new one. */
  readonly output?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export interface WeightOptions {
  readonly dims: readonly number[];
  readonly filters: number;
  readonly isDepthwise?: boolean;
}

/** Accumulates the nodes and constants of an ONNX graph; equal constants are one. */
export class GraphWriter {
  readonly choices: KernelChoices;
  readonly nodes: Node[] = [];
  readonly initializers = new Map<string, Tensor>();
  readonly #constants = new Map<string, string>();
  #serial = 0;

  constructor(choices: KernelChoices) {
    this.choices = choices;
  }

  /** Adds a node of onnxruntime's own domain, and returns the name of what it makes. */
  microsoft(opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.#node(opType, { inputs, domain: 'com.microsoft', ...options });
  }

  /** Adds a standard node, and returns the name of what it makes. */
  standard(opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.#node(opType, { inputs, domain: '', ...options });
  }

  /** Adds a Split along `axis` into parts of these sizes, and returns their names. */
  split(input: string, sizes: readonly number[], axis: number): string[] {
    const name = this.freshName('Split');
    const outputs = sizes.map((_, k) => `${name}_${k}`);
    const attributes = new Map([['axis', toAttribute(axis)]]);
    this.nodes.push({
      name,
      opType: 'Split',
      domain: '',
      inputs: [input, this.ints(sizes)],
      outputs,
      attributes,
    });
    return outputs;
  }

  #node(
    opType: string,
    { inputs, domain, output, attributes = {} }: NodeOptions & { inputs: readonly string[]; domain: string },
  ): string {
    const name = this.freshName(opType);
    const made = output ?? name;
    const entries = Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)] as const);
    this.nodes.push({ name, opType, domain, inputs, outputs: [made], attributes: new Map(entries) });
    return made;
  }

  constant(tensor: Tensor): string {
    const { data, dtype, dims } = tensor;
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype} ${dims} ${bytes.toString('latin1')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.freshName('constant');
    this.#constants.set(key, name);
    this.initializers.set(name, tensor);
    return name;
  }

  /** A one-dimensional int64 constant, as shapes are. */
  ints(values: readonly number[]): string {
    return this.constant(int64Tensor(values));
  }

  floats(values: Float32Array): string {
    return this.constant({ dtype: 'float32', dims: [values.length], data: values });
  }

  /** Names of a constant weight in the type that is multiplied here, and of its zero points, one per filter. */
  weights(
    codes: Int8Array,
    { dims, filters, isDepthwise = false }: WeightOptions,
  ): { readonly codes: string; readonly zeroPoints: string } {
    // The kernels of depthwise convolutions add in 32 bits everywhere, and are a tenth quicker with signed weights.
    const isUnsigned = this.choices.weights === 'unsigned' && !isDepthwise && exceedsProductSums(codes);
    const data = isUnsigned ? Uint8Array.from(codes, (code) => code + 128) : codes;
    const zeros = isUnsigned ? new Uint8Array(filters).fill(128) : new Int8Array(filters);
    const dtype = isUnsigned ? 'uint8' : 'int8';
    return {
      codes: this.constant({ dtype, dims, data }),
      zeroPoints: this.constant({ dtype, dims: [filters], data: zeros }),
    };
  }

  code(value: number): string {
    return this.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(value) });
  }

  /** Scale and zero point, as the integer operators read them. */
  grid({ scale, zeroPoint }: Grid): [string, string] {
    return [
      this.constant({ dtype: 'float32', dims: [], data: Float32Array.of(scale) }),
      this.code(zeroPoint),
    ];
  }

  /** No tensor of a file can have such a name by chance. */
  freshName(kind: string): string {
    this.#serial += 1;
    return `lowered:${kind}:${this.#serial}`;
  }
}

function toAttribute(value: AttributeValue): Attribute {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'number') return { type: 'int', value: BigInt(value) };
  return isNumbers(value) ? { type: 'ints', value: value.map(BigInt) } : value;
}

function isNumbers(value: AttributeValue): value is readonly number[] {
  return Array.isArray(value);
}
