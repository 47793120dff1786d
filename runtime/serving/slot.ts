import { AgentError, toAgentError } from '../errors.js';
import type { ModelIdentity, ServedModel } from './servedModel.js';
import { settlesWithin } from './settlesWithin.js';
import { untilAborted } from './untilAborted.js';

export interface SwapOptions {
  /** Runs the new model until its latency is the steady one. */
  readonly warmUp: (model: ServedModel, signal: AbortSignal) => Promise<void>;
  /** Refuses the new model by throwing; see `checkSelfTest`. */
  readonly check?: (model: ServedModel, signal: AbortSignal) => Promise<void>;
  /** How long the swap waits for the old model's requests. They finish in any case: see `SwapReport.drained`. */
  readonly drainTimeoutMs: number;
  /** Gives the swap up, up to the switch; after it there is nothing to give up. */
  readonly signal?: AbortSignal;
}

export interface SwapReport {
  readonly previous: ModelIdentity | null;
  readonly current: ModelIdentity;
  readonly loadMs: number;
  /** Warm-up and check. */
  readonly warmUpMs: number;
  /** Time in which no request could have leased a model: the switch itself. */
  readonly gapMs: number;
  readonly drainMs: number;
  /** False when requests still held the old model at the time-out; it is disposed of after the last of them. */
  readonly drained: boolean;
}

export interface ModelSlotOptions {
  /** Told when a model that left service could not be disposed of: nothing else fails for that. */
  readonly onDisposeFailed?: (model: ModelIdentity, error: AgentError) => void;
}

/**
 * Holds the one model that serves, and replaces it under load.
 *
 * Invariants: a request leases one model for all its stages; a model is disposed of only when no lease is left;
 * the active pointer changes in one synchronous step, from a working model to a warmed-up, checked one; a swap
 * that fails anywhere before leaves the old model serving and the new one disposed of; one that is given up ends at
 * once, even when the engine hangs. Swaps run one at a time, in the order of their calls.
 */
export class ModelSlot {
  readonly #options: ModelSlotOptions;
  readonly #closing = new AbortController();
  #active: Tenant | null = null;
  #lastSwap: Promise<unknown> = Promise.resolve();
  readonly #disposals = new Set<Promise<void>>();

  constructor(options: ModelSlotOptions = {}) {
    this.#options = options;
  }

  get current(): ModelIdentity | null {
    return this.#active?.model.identity ?? null;
  }

  /**
   * Returns what `work` makes of the active model, which stays loaded until `work` has settled.
   *
   * @throws AgentError `no_model` before the first swap, `shutting_down` after `close`, and whatever `work` throws
   */
  async use<T>(work: (model: ServedModel) => Promise<T>): Promise<T> {
    const tenant = this.#active;
    if (tenant === null) throw this.#vacancy();
    tenant.leases += 1;
    try {
      return await work(tenant.model);
    } finally {
      tenant.leases -= 1;
      if (tenant.leases === 0) tenant.onIdle?.();
    }
  }

  /**
   * Loads a model, warms it up, checks it, puts it in service and retires the one before.
   *
   * @returns once the old model is disposed of, or its drain has timed out
   * @throws AgentError `aborted`, `shutting_down`, or what `load`, `warmUp` or `check` threw; the old model serves on
   */
  swap(load: (signal: AbortSignal) => Promise<ServedModel>, options: SwapOptions): Promise<SwapReport> {
    const swap = this.#lastSwap.then(() => this.#swap(load, options));
    this.#lastSwap = swap.catch(() => undefined);
    return swap;
  }

  /**
   * Gives up the swap under way, takes the active model out of service and disposes of it once its requests are
   * done. Idempotent.
   *
   * @returns whether everything was disposed of within `drainTimeoutMs`
   */
  async close(drainTimeoutMs: number): Promise<boolean> {
    this.#closing.abort(new AgentError('shutting_down', 'the model slot is closed'));
    const tenant = this.#active;
    this.#active = null;
    const retired = tenant === null ? Promise.resolve() : this.#retire(tenant);
    this.#lastSwap = Promise.all([this.#lastSwap, retired]).then(() => Promise.all(this.#disposals));
    return settlesWithin(this.#lastSwap, drainTimeoutMs);
  }

  async #swap(
    load: (signal: AbortSignal) => Promise<ServedModel>,
    options: SwapOptions,
  ): Promise<SwapReport> {
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    refuseIfAborted(signal);
    const started = performance.now();
    const model = await this.#load(load, signal);
    const loaded = performance.now();
    try {
      refuseIfAborted(signal);
      await untilAborted(options.warmUp(model, signal), signal);
      refuseIfAborted(signal);
      if (options.check) await untilAborted(options.check(model, signal), signal);
      refuseIfAborted(signal);
    } catch (error) {
      const disposed = this.#dispose(model);
      refuseIfAborted(signal);
      await disposed;
      throw error;
    }
    const ready = performance.now();
    const old = this.#active;
    this.#active = { model, leases: 0, onIdle: null };
    const switched = performance.now();
    const drained = old === null || (await settlesWithin(this.#retire(old), options.drainTimeoutMs));
    return {
      previous: old?.model.identity ?? null,
      current: model.identity,
      loadMs: loaded - started,
      warmUpMs: ready - loaded,
      gapMs: switched - ready,
      drainMs: performance.now() - switched,
      drained,
    };
  }

  async #load(
    load: (signal: AbortSignal) => Promise<ServedModel>,
    signal: AbortSignal,
  ): Promise<ServedModel> {
    try {
      return await untilAborted(load(signal), signal, (late) => this.#dispose(late));
    } catch (error) {
      refuseIfAborted(signal);
      throw error;
    }
  }

  /** Resolves when the tenant, which no new request can reach any more, is idle and disposed of. */
  async #retire(tenant: Tenant): Promise<void> {
    if (tenant.leases > 0) {
      await new Promise<void>((resolve) => {
        tenant.onIdle = resolve;
      });
    }
    await this.#dispose(tenant.model);
  }

  /** Never rejects. It may take as long as the model's runs, so whoever was given up does not wait for it. */
  #dispose({ identity, detector }: ServedModel): Promise<void> {
    const disposal = detector
      .dispose()
      .catch((error) => this.#options.onDisposeFailed?.(identity, toAgentError(error)))
      .finally(() => this.#disposals.delete(disposal));
    this.#disposals.add(disposal);
    return disposal;
  }

  #vacancy(): AgentError {
    if (this.#closing.signal.aborted) return new AgentError('shutting_down', 'the agent is stopping');
    return new AgentError('no_model', 'no model has been put in service yet');
  }
}

interface Tenant {
  readonly model: ServedModel;
  leases: number;
  onIdle: (() => void) | null;
}

function refuseIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const { reason } = signal;
  if (reason instanceof AgentError) throw reason;
  throw new AgentError('aborted', 'the swap was cancelled; the model before it serves on', { cause: reason });
}
