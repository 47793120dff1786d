import type { RunObserver, Session, TensorInfo, TensorMap } from '../../../runtime/engines/engine.js';
import { InFlight } from '../../../runtime/engines/inFlight.js';
import { AgentError } from '../../../runtime/errors.js';
import { elementCount, float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { WorkerProcess } from './workerProcess.js';

interface Port {
  readonly name: string;
  readonly dims: readonly number[];
}

/** What a worker says of its network, in the order of its messages. */
interface Ports {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/**
 * A network of float32 tensors of fixed shape that another program runs, so that a detector works on whatever serves it.
 * Runs queue up.
 *
 * The program gets and sends messages (`messages.ts`). First it sends `{inputs, outputs}`, each a list of `{name, dims}`,
 * as JSON. For a run it gets every input's elements, a message each, and answers with `{runMs}` and then every output's
 * elements, a message each, or with `{error}` alone.
 */
export class PipeSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #worker: WorkerProcess;
  readonly #ports: Ports;
  readonly #inFlight: InFlight;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(worker: WorkerProcess, ports: Ports) {
    this.#worker = worker;
    this.#ports = ports;
    this.#inFlight = new InFlight(() => worker.end());
    this.inputs = ports.inputs.map(({ name }) => ({ name, dtype: 'float32' }));
    this.outputs = ports.outputs.map(({ name }) => ({ name, dtype: 'float32' }));
  }

  /** @throws AgentError `engine_load_failed`, with what the program printed to standard error */
  static async start(command: string, args: readonly string[]): Promise<PipeSession> {
    const worker = new WorkerProcess(command, args);
    try {
      return new PipeSession(worker, json<Ports>(await worker.receive()));
    } catch (cause) {
      await worker.end();
      const message = `${[command, ...args].join(' ')}: ${(cause as Error).message}`;
      throw new AgentError('engine_load_failed', message, { cause });
    }
  }

  run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap> {
    return this.#inFlight.run(async () => {
      const result = this.#turn.then(() => this.#exchange(feeds, observer));
      this.#turn = result.catch(() => {});
      const all = await result.catch((cause: Error) => {
        const message = `the worker could not run the network: ${cause.message}`;
        throw new AgentError('engine_run_failed', message, { cause });
      });
      const names = outputs ?? [...all.keys()];
      return Object.fromEntries(names.map((name) => [name, all.get(name)!]));
    });
  }

  dispose(): Promise<void> {
    return this.#inFlight.close();
  }

  async #exchange(feeds: TensorMap, observer?: RunObserver): Promise<Map<string, Tensor>> {
    const messages = this.#ports.inputs.map((port) => elementBytes(feeds, port));
    for (const message of messages) await this.#worker.send(message);
    const answer = json<{ runMs: number } | { error: string }>(await this.#worker.receive());
    if ('error' in answer) throw new Error(answer.error);
    const results = new Map<string, Tensor>();
    for (const port of this.#ports.outputs) {
      results.set(port.name, tensorOf(await this.#worker.receive(), port));
    }
    observer?.onRan(answer.runMs);
    return results;
  }
}

function json<Message>(bytes: Buffer): Message {
  return JSON.parse(bytes.toString('utf8')) as Message;
}

function elementBytes(feeds: TensorMap, { name, dims }: Port): Uint8Array {
  const tensor = feeds[name];
  if (tensor?.dtype === 'float32' && tensor.data.length === elementCount(dims)) {
    return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  }
  const got = tensor ? `${tensor.dtype} [${tensor.dims.join(', ')}]` : 'nothing';
  throw new Error(`expected float32 [${dims.join(', ')}] for input ${name}, got ${got}`);
}

function tensorOf(bytes: Buffer, { name, dims }: Port): Tensor {
  const data = new Float32Array(elementCount(dims));
  if (bytes.byteLength !== data.byteLength) {
    throw new Error(
      `expected ${data.byteLength} bytes for output ${name}, got ${bytes.byteLength} from the worker`,
    );
  }
  new Uint8Array(data.buffer).set(bytes);
  return float32Tensor(dims, data);
}
