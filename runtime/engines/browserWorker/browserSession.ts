import { AgentError, toAgentError } from '../../errors.js';
import type { Graph, ValueInfo } from '../../graph/graph.js';
import { fixedDims } from '../../graph/tensorTypes.js';
import type { RunObserver, Session, TensorInfo, TensorMap } from '../engine.js';
import { readFeed } from '../feeds.js';
import { InFlight } from '../inFlight.js';
import { type BrowserWorker, isDeath } from './browserWorker.js';
import type { PageModel } from './pageModel.js';

/** A graph in the page of a headless browser. It outlives the page: a run loads it into the next one. */
export class BrowserSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #worker: BrowserWorker;
  readonly #model: PageModel;
  readonly #inFlight: InFlight;
  readonly #ports: readonly ValueInfo[];

  /** `worker` has to be retained for the session, which releases it. */
  constructor(graph: Graph, { worker, model }: { worker: BrowserWorker; model: PageModel }) {
    this.#worker = worker;
    this.#model = model;
    this.#ports = graph.inputs;
    this.#inFlight = new InFlight(() => this.#release());
    this.inputs = graph.inputs.map(({ name, dtype }) => ({ name, dtype }));
    this.outputs = graph.outputs.map(({ name, dtype }) => ({ name, dtype }));
  }

  run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap> {
    const names = outputs ?? this.outputs.map(({ name }) => name);
    return this.#inFlight.run(async () => {
      this.#assertFed(feeds);
      const { message, tensors } = await this.#worker
        .use((page) => this.#model.run(page, feeds, names))
        .catch((error: unknown) => {
          throw toRunError(error);
        });
      observer?.onRan(message.runMs);
      return tensors;
    });
  }

  dispose(): Promise<void> {
    return this.#inFlight.close();
  }

  /** A page that was fed wrong shapes may stay wrong: onnxruntime-web keeps the tensor on the device for the next run. */
  #assertFed(feeds: TensorMap): void {
    for (const port of this.#ports) {
      const dims = fixedDims(port);
      if (dims !== undefined) readFeed(feeds, port.name, { dtype: port.dtype, dims });
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#worker.useIfRunning((page) => this.#model.dispose(page));
    } catch (error) {
      // What the page held went with it.
      if (!isDeath(error)) throw error;
    } finally {
      this.#worker.release();
    }
  }
}

/** Starting the page again and loading the graph into it are part of a run, and their failures its own. */
function toRunError(error: unknown): AgentError {
  const { code, message } = toAgentError(error);
  if (code === 'engine_unavailable') {
    const what = `the browser's page died and cannot be started again: ${message}`;
    return new AgentError('worker_died', what, { cause: error });
  }
  if (code === 'engine_load_failed') return new AgentError('engine_run_failed', message, { cause: error });
  return toAgentError(error);
}
