import { type ErrorCode, toAgentError } from '../../runtime/errors.js';
import type { ServedModel } from '../../runtime/serving/servedModel.js';
import { ModelSlot } from '../../runtime/serving/slot.js';

/** Failures of a model or its engine; a broken image or a full queue is none. */
const modelFaults: ReadonlySet<ErrorCode> = new Set([
  'engine_run_failed',
  'worker_died',
  'session_disposed',
  'internal',
]);

/** A slot that counts the uses in which the model failed, for whoever watches a new one. */
export class WatchedSlot extends ModelSlot {
  #faults = 0;

  get faults(): number {
    return this.#faults;
  }

  override async use<T>(work: (model: ServedModel) => Promise<T>): Promise<T> {
    try {
      return await super.use(work);
    } catch (error) {
      if (modelFaults.has(toAgentError(error).code)) this.#faults += 1;
      throw error;
    }
  }
}
