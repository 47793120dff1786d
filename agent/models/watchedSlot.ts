import { type AgentError, type ErrorCode, toAgentError } from '../../runtime/errors.js';
import type { ModelIdentity, ServedModel } from '../../runtime/serving/servedModel.js';
import { ModelSlot } from '../../runtime/serving/slot.js';

/** Failures of a model or its engine; a broken image or a full queue is none. */
const modelFaults: ReadonlySet<ErrorCode> = new Set([
  'engine_run_failed',
  'worker_died',
  'session_disposed',
  'internal',
]);

/** So many failures in a row are no chance: the engine's thread or page is gone, or what it runs on. */
const failuresInARow = 5;

/** A slot that counts the uses in which the model failed, for whoever watches a new one, and tells one that only fails. */
export class WatchedSlot extends ModelSlot {
  #faults = 0;
  /** Failures of one model since its last success. */
  #row: { readonly model: ModelIdentity; readonly length: number; readonly last: AgentError } | undefined;

  get faults(): number {
    return this.#faults;
  }

  /** The last failure of the model in service where it failed so many times in a row that it will fail again, or `null`. */
  get failing(): AgentError | null {
    const row = this.#row;
    return row?.model === this.current && row.length >= failuresInARow ? row.last : null;
  }

  override use<T>(work: (model: ServedModel) => Promise<T>): Promise<T> {
    return super.use(async (model) => {
      try {
        const result = await work(model);
        this.#row = undefined;
        return result;
      } catch (error) {
        const failure = toAgentError(error);
        if (modelFaults.has(failure.code)) this.#note(model.identity, failure);
        throw error;
      }
    });
  }

  #note(model: ModelIdentity, last: AgentError): void {
    this.#faults += 1;
    const length = this.#row?.model === model ? this.#row.length + 1 : 1;
    this.#row = { model, length, last };
  }
}
