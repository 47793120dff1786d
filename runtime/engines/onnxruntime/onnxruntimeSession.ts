import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { AgentError, toAgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Session, TensorInfo, TensorMap } from '../engine.js';
import { InFlight } from '../inFlight.js';

type Onnxruntime = typeof import('onnxruntime-node');

/** A graph that onnxruntime has loaded. Takes over `session` and disposes of it. */
export class OnnxruntimeSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #ort: Onnxruntime;
  readonly #session: InferenceSession;
  readonly #inFlight: InFlight;

  constructor(ort: Onnxruntime, session: InferenceSession, graph: Graph) {
    this.#ort = ort;
    this.#session = session;
    this.#inFlight = new InFlight(() => session.release());
    this.inputs = graph.inputs.map(({ name, dtype }) => ({ name, dtype }));
    this.outputs = graph.outputs.map(({ name, dtype }) => ({ name, dtype }));
  }

  run(feeds: TensorMap, outputs?: readonly string[]): Promise<TensorMap> {
    return this.#inFlight.run(async () => {
      try {
        const names = outputs ?? this.outputs.map(({ name }) => name);
        const results = await this.#session.run(this.#toOrt(feeds), [...names]);
        return Object.fromEntries(names.map((name) => [name, fromOrt(results[name]!)]));
      } catch (cause) {
        const message = `onnxruntime could not run the graph: ${toAgentError(cause).message}`;
        throw new AgentError('engine_run_failed', message, { cause });
      }
    });
  }

  dispose(): Promise<void> {
    return this.#inFlight.close();
  }

  #toOrt(feeds: TensorMap): Record<string, OrtTensor> {
    const { Tensor: NativeTensor } = this.#ort;
    const entries = Object.entries(feeds).map(([name, { dtype, dims, data }]) => {
      return [name, new NativeTensor(dtype, data as never, dims)] as const;
    });
    return Object.fromEntries(entries);
  }
}

function fromOrt(tensor: OrtTensor): Tensor {
  return { dtype: tensor.type, dims: tensor.dims, data: tensor.data } as Tensor;
}
