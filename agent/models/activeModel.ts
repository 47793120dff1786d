import type { Logger } from 'pino';
import type { LoweringOptions } from '../../runtime/engines/engine.js';
import { AgentError, toAgentError } from '../../runtime/errors.js';
import { checkSelfTest } from '../../runtime/serving/selfTest.js';
import type { ServedModel } from '../../runtime/serving/servedModel.js';
import type { ModelSlot, SwapReport } from '../../runtime/serving/slot.js';
import { warmUp } from '../../runtime/serving/warmUp.js';
import type { OnRefused } from '../engines/engineOrder.js';
import type { SwapMetrics } from '../http/swapMetrics.js';
import {
  type ActivePointer,
  afterSoak,
  afterStart,
  afterSwap,
  emptyPointer,
  readActivePointer,
  startCandidates,
  writeActivePointer,
} from '../state/activePointer.js';
import type { ModelStore } from '../state/modelStore.js';
import type { StoredModel } from '../state/storedModel.js';
import { loadStored, selfTestOf } from './loadStored.js';
import type { ServingEngines } from './servingEngines.js';

export interface ActiveModelOptions {
  readonly store: ModelStore;
  readonly slot: ModelSlot;
  readonly pointerPath: string;
  readonly engines: ServingEngines;
  readonly lowering: LoweringOptions;
  readonly drainTimeoutMs: number;
  readonly metrics: SwapMetrics;
  readonly log: Logger;
  /** Told after every change of what is active, previous or last good. */
  readonly onChange: () => Promise<void>;
}

export interface SwapGuards {
  readonly signal?: AbortSignal;
  /** Refuses the candidate, warmed up and self-tested, by throwing. */
  readonly judge?: (candidate: ServedModel, signal: AbortSignal) => Promise<void>;
}

/**
 * The model in service, and on disk the pointer to it. The pointer follows the slot: a crash between the two leaves
 * the older model active, which a start can always serve.
 */
export class ActiveModel {
  readonly #options: ActiveModelOptions;
  #pointer: ActivePointer = emptyPointer;

  constructor(options: ActiveModelOptions) {
    this.#options = options;
  }

  get pointer(): ActivePointer {
    return this.#pointer;
  }

  /**
   * Serves the best model that works: the last good one, else the active, the previous, the configured. Each that
   * fails is logged, and so is each that was not made from the configured model, as after a change of `model.path`.
   *
   * @param configured digest of the configured float model
   * @returns why nothing is served, or `null`
   */
  async start(configured: string | null): Promise<AgentError | null> {
    const { pointerPath, log } = this.#options;
    const { pointer, problem } = await readActivePointer(pointerPath);
    if (problem !== undefined) log.error({ err: problem }, problem.message);
    this.#pointer = pointer;
    const failed = new Set<string>();
    let reason = new AgentError(
      'no_model',
      'no model is configured: set model.path to the manifest of a detector',
    );
    for (const digest of startCandidates(pointer, configured)) {
      try {
        await this.#startOn(digest, configured);
        await this.#note(afterStart(pointer, { digest, failed }));
        return null;
      } catch (error) {
        failed.add(digest);
        const { message } = toAgentError(error);
        reason = new AgentError('no_model', `no stored model can be served; the last one tried: ${message}`, {
          cause: error,
        });
        log.error(
          { err: error, digest },
          `model ${digest.slice(0, 12)} is not served; trying the next: ${message}`,
        );
      }
    }
    return reason;
  }

  async #startOn(digest: string, configured: string | null): Promise<void> {
    const stored = await this.#options.store.find(digest);
    const parent = stored.manifest.quantization?.parent;
    if (configured !== null && digest !== configured && parent !== configured) {
      throw new AgentError('model_not_found', `${stored.name} was not made from the configured model`);
    }
    await this.#swap(stored, {});
  }

  /**
   * Loads a stored model, warms it up, checks it against its self-test and `judge`, and puts it in service.
   *
   * @throws AgentError what any of these steps throws; the model before then serves on, and the pointer stays
   */
  async swap(stored: StoredModel, guards: SwapGuards = {}): Promise<SwapReport> {
    const report = await this.#swap(stored, guards);
    await this.#note(afterSwap(this.#pointer, stored.digest));
    return report;
  }

  async #swap(stored: StoredModel, { signal, judge }: SwapGuards): Promise<SwapReport> {
    const { slot, drainTimeoutMs, metrics, log } = this.#options;
    let report: SwapReport;
    try {
      report = await slot.swap(() => this.#load(stored), {
        warmUp: (model, stop) => warmUp(model.detector, { signal: stop }),
        check: async (model, stop) => {
          const selfTest = await selfTestOf(stored);
          if (selfTest !== undefined) await checkSelfTest(model.detector, selfTest);
          await judge?.(model, stop);
        },
        drainTimeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      metrics.noteFailure();
      throw error;
    }
    metrics.noteSwap(report);
    const { previous, current, ...timesMs } = report;
    log.info(
      { model: current, previous: previous?.digest ?? null, ...timesMs },
      `serving ${current.name}@${current.version}`,
    );
    return report;
  }

  /**
   * Puts the previous model back in service.
   *
   * @throws AgentError `nothing_to_roll_back`, and those of `swap`
   */
  async rollBack(guards: SwapGuards = {}): Promise<SwapReport> {
    const { previous } = this.#pointer;
    if (previous === null)
      throw new AgentError('nothing_to_roll_back', 'no model has served before this one');
    const report = await this.#swap(await this.#options.store.find(previous), guards);
    // It has served before, so it needs no soak; one note, so that a crash cannot come between.
    await this.#note(afterSoak(afterSwap(this.#pointer, previous)));
    return report;
  }

  /**
   * Serves again what `before` names, as if what came after had not been: the model given up is nobody's fallback.
   * Does nothing where there was no model before.
   *
   * @throws AgentError those of `swap`; the model in service then serves on
   */
  async revert(before: ActivePointer, guards: SwapGuards = {}): Promise<void> {
    if (before.active === null) return;
    await this.#swap(await this.#options.store.find(before.active), guards);
    await this.#note(before);
  }

  /**
   * Returns a second copy of the model in service, for comparisons that its own requests must not disturb, or `null`
   * when nothing is served; the caller disposes of it.
   *
   * @throws AgentError those of `loadStored`
   */
  async loadTwin(): Promise<ServedModel | null> {
    const stored = await this.stored();
    return stored && this.#load(stored);
  }

  async #load(stored: StoredModel): Promise<ServedModel> {
    const { engines, lowering, log } = this.#options;
    const onRefused: OnRefused = (err, { name }, next) =>
      log.warn(
        { err, model: stored.digest },
        `${name} refuses ${stored.name}, ${next.name} serves it: ${err.message}`,
      );
    const { threads, ...model } = await loadStored(stored, engines, { lowering, onRefused });
    const { engine } = model.identity;
    log.info(
      { model: stored.digest, engine, threads },
      `${stored.name} runs on ${engine}, threads: ${threads}`,
    );
    const { loweringNote } = model.detector;
    if (loweringNote !== undefined) log.info({ model: stored.digest }, `${stored.name} ${loweringNote}`);
    return model;
  }

  /** Returns where the model in service is stored, or `null` when nothing is served. @throws AgentError `model_not_found` */
  async stored(): Promise<StoredModel | null> {
    const { slot, store } = this.#options;
    return slot.current && store.find(slot.current.digest);
  }

  /** Notes that the model in service is good: a start may fall back to it. */
  async confirm(): Promise<void> {
    await this.#note(afterSoak(this.#pointer));
  }

  /** Never fails: the model serves. A pointer that cannot be written leaves the older one to the next start. */
  async #note(pointer: ActivePointer): Promise<void> {
    const { pointerPath, log, onChange } = this.#options;
    this.#pointer = pointer;
    try {
      await writeActivePointer(pointerPath, pointer);
    } catch (error) {
      log.error(
        { err: error },
        'the pointer to the active model was not written; a restart serves the model before',
      );
    }
    try {
      await onChange();
    } catch (error) {
      log.error({ err: error }, 'the change of the active model could not be told');
    }
  }
}
