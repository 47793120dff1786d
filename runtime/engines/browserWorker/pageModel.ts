import { createHash } from 'node:crypto';
import { AgentError } from '../../errors.js';
import type { TensorMap } from '../engine.js';
import { isDeath } from './browserWorker.js';
import type { Frame } from './frame.js';
import { KeptFeeds } from './keptFeeds.js';
import type { Calls, LoadRequest } from './messages.js';
import type { RunningPage } from './runningPage.js';

/** How often in a row loading a model may kill its page before it is not tried again. */
const deathsToRefuse = 2;

/** Of feeds that a page keeps with a session, on the device and beside it. */
const keptBytes = 128e6;

export interface Deadlines {
  readonly loadMs: number;
  readonly runMs: number;
}

interface PageModelOptions extends LoadRequest {
  /** Of an ONNX file. */
  readonly bytes: Uint8Array;
  readonly deadlines: Deadlines;
  readonly keepsFeeds: boolean;
  /** Deaths by loading, by the model's digest: shared by all models of an engine. */
  readonly deaths: Map<string, number>;
}

/** A model that is loaded into whatever page is there, and again into the next when that one is dead. */
export class PageModel {
  readonly #options: PageModelOptions;
  readonly #digest: string;
  #loaded: { readonly page: RunningPage; readonly session: number; readonly kept: KeptFeeds } | undefined;

  constructor(options: PageModelOptions) {
    this.#options = options;
    this.#digest = createHash('sha256').update(options.bytes).digest('hex');
  }

  /** @throws AgentError `engine_load_failed` when loading the model has killed the last two pages that tried */
  assertNotRefused(): void {
    if (this.#deaths < deathsToRefuse) return;
    const message = `${this.#options.engine} does not try this model: loading it killed the browser's page ${this.#deaths} times`;
    throw new AgentError('engine_load_failed', message, { detail: { sha256: this.#digest } });
  }

  /**
   * Loads the model unless `page` has it.
   *
   * @throws AgentError `engine_load_failed`, `op_unsupported`, `worker_died`
   */
  async ensureLoaded(page: RunningPage): Promise<number> {
    if (this.#loaded?.page === page) return this.#loaded.session;
    this.assertNotRefused();
    const { engine, optimization, bytes, deadlines, deaths, keepsFeeds } = this.#options;
    try {
      const model = { dtype: 'uint8', dims: [bytes.length], data: bytes } as const;
      const { message } = await page.link.call('load', {
        request: { engine, optimization },
        tensors: { model },
        deadlineMs: deadlines.loadMs,
      });
      deaths.delete(this.#digest);
      const kept = new KeptFeeds(keepsFeeds ? keptBytes : 0);
      this.#loaded = { page, session: message.session, kept };
      return message.session;
    } catch (error) {
      if (isDeath(error)) deaths.set(this.#digest, this.#deaths + 1);
      throw error;
    }
  }

  /** Returns the named outputs as tensors, and the time that the run took in the page. Loads the model where needed. */
  async run(
    page: RunningPage,
    feeds: TensorMap,
    outputs: readonly string[],
  ): Promise<Frame<Calls['run']['answer']>> {
    const session = await this.ensureLoaded(page);
    const { tensors, plan } = this.#loaded!.kept.plan(feeds);
    const request = { session, outputs, ...plan };
    return page.link.call('run', { request, tensors, deadlineMs: this.#options.deadlines.runMs });
  }

  /** Frees what the page holds of the model. */
  async dispose(page: RunningPage): Promise<void> {
    if (this.#loaded?.page !== page) return;
    const request = { session: this.#loaded.session };
    this.#loaded = undefined;
    await page.link.call('dispose', { request, deadlineMs: this.#options.deadlines.runMs });
  }

  get #deaths(): number {
    return this.#options.deaths.get(this.#digest) ?? 0;
  }
}
