import { AgentError } from '../../../../errors.js';
import type { TfTensor } from '../../operator.js';
import type { KernelBackend, KernelTensor, NativeTensor, OpAttribute } from '../kernelBackend.js';

/** Where a tensor of a trace comes from, by index. */
export type TraceSource = { readonly feed: number } | { readonly node: number; readonly output: number };

export type TraceNode =
  | {
      readonly op: string;
      readonly attributes: readonly OpAttribute[];
      readonly inputs: readonly TraceSource[];
    }
  | { readonly constant: NativeTensor; readonly values: Float32Array | Int32Array | Uint8Array };

/** The calls of a run as a graph of TensorFlow's operators. */
export interface Trace {
  readonly feeds: readonly NativeTensor[];
  /** Each behind those that it reads. */
  readonly nodes: readonly TraceNode[];
  readonly outputs: readonly (NativeTensor & { readonly source: TraceSource })[];
}

/**
 * Runs `run`, and returns its results and what it had the library compute from `feeds`.
 *
 * @throws AgentError `op_unsupported` for an operator on something else than tensors
 */
export function recordCalls(
  backend: KernelBackend,
  feeds: readonly TfTensor[],
  run: () => TfTensor[],
): { outputs: TfTensor[]; trace: Trace } {
  const recorder = new CallRecorder(backend, feeds);
  const { executeSingleOutput, executeMultipleOutputs } = backend;
  // Properties of the object's own, which hide the methods from the kernels.
  backend.executeSingleOutput = (op, attributes, inputs) => {
    const result = executeSingleOutput.call(backend, op, attributes, inputs);
    recorder.add({ op, attributes, inputs, results: [result] });
    return result;
  };
  backend.executeMultipleOutputs = (op, attributes, inputs, count) => {
    const results = executeMultipleOutputs.call(backend, op, attributes, inputs, count);
    recorder.add({ op, attributes, inputs, results });
    return results;
  };
  try {
    const outputs = run();
    return { outputs, trace: recorder.finish(outputs) };
  } finally {
    Reflect.deleteProperty(backend, 'executeSingleOutput');
    Reflect.deleteProperty(backend, 'executeMultipleOutputs');
  }
}

interface Call {
  readonly op: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly KernelTensor[];
  readonly results: readonly KernelTensor[];
}

class CallRecorder {
  readonly #backend: KernelBackend;
  readonly #feeds: readonly NativeTensor[];
  readonly #nodes: TraceNode[] = [];
  /** By `dataId`: what depends on feeds. */
  readonly #computed = new Map<object, TraceSource>();
  /** By `dataId`: what computed values were combined with. */
  readonly #constants = new Map<object, TraceSource>();

  constructor(backend: KernelBackend, feeds: readonly TfTensor[]) {
    this.#backend = backend;
    this.#feeds = feeds.map((tensor) => this.#native(tensor));
    for (const [feed, { dataId }] of feeds.entries()) this.#computed.set(dataId, { feed });
  }

  add({ op, attributes, inputs, results }: Call): void {
    if (!inputs.some(({ dataId }) => this.#computed.has(dataId))) return;
    const node = this.#push({ op, attributes, inputs: inputs.map((tensor) => this.#sourceOf(tensor, op)) });
    for (const [output, { dataId }] of results.entries()) this.#computed.set(dataId, { node, output });
  }

  finish(outputs: readonly TfTensor[]): Trace {
    const sources = outputs.map((tensor) => ({
      ...this.#native(tensor),
      source: this.#sourceOf(tensor, 'the end'),
    }));
    return { feeds: this.#feeds, nodes: this.#nodes, outputs: sources };
  }

  /** What is read of constants is read now: later they may be gone. */
  #sourceOf(tensor: KernelTensor, reader: string): TraceSource {
    const { dataId } = tensor;
    const known = this.#computed.get(dataId) ?? this.#constants.get(dataId);
    if (known !== undefined) return known;
    if (dataId === undefined) {
      throw new AgentError(
        'op_unsupported',
        `expected tensors as inputs of ${reader}, got a scalar of int64`,
      );
    }
    const values = this.#backend.readSync(dataId);
    const source = { node: this.#push({ constant: this.#native(tensor), values }), output: 0 };
    this.#constants.set(dataId, source);
    return source;
  }

  #push(node: TraceNode): number {
    return this.#nodes.push(node) - 1;
  }

  #native({ dataId }: KernelTensor): NativeTensor {
    const { dtype, shape } = this.#backend.tensorMap.get(dataId);
    return { dtype, shape };
  }
}
