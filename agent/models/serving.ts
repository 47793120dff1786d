import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { LoweringOptions } from '../../runtime/engines/engine.js';
import { AgentError, toAgentError } from '../../runtime/errors.js';
import { WorkQueue } from '../../runtime/serving/queue.js';
import type { ModelIdentity } from '../../runtime/serving/servedModel.js';
import type { AgentConfig } from '../config.js';
import { SwapMetrics } from '../http/swapMetrics.js';
import type { ActivePointer } from '../state/activePointer.js';
import { ModelStore } from '../state/modelStore.js';
import type { StatePaths } from '../state/stateFolder.js';
import type { StoredModel } from '../state/storedModel.js';
import { ActiveModel } from './activeModel.js';
import { configuredModel } from './configuredModel.js';
import { servedPrecision } from './servedPrecision.js';
import { type ServingEngines, servingEngines } from './servingEngines.js';
import { WatchedSlot } from './watchedSlot.js';

export interface ServingOptions {
  readonly config: AgentConfig;
  readonly paths: StatePaths;
  readonly engines: ServingEngines;
  readonly lowering: LoweringOptions;
  readonly registry: Registry;
  readonly log: Logger;
  /** Told after every change of what is active, previous or last good. */
  readonly onChange: () => void;
}

/** Everything that serves detections: the store, the model in service and the queue in front of it. */
export class Serving {
  readonly store: ModelStore;
  readonly slot: WatchedSlot;
  readonly queue: WorkQueue;
  readonly active: ActiveModel;
  readonly #options: ServingOptions;
  #floatModel: StoredModel | null = null;
  #identities: ReadonlyMap<string, ModelIdentity> = new Map();
  #startProblem: AgentError | null = new AgentError('no_model', 'the first model is being loaded');

  constructor(options: ServingOptions) {
    const { config, paths, engines, lowering, registry, log } = options;
    const { concurrency, queueLength } = config.inference;
    this.#options = options;
    this.store = new ModelStore(paths.models);
    this.queue = new WorkQueue({ concurrency, maxWaiting: queueLength });
    this.slot = new WatchedSlot({
      onDisposeFailed: (model, error) =>
        log.warn({ err: error, model }, 'a replaced model could not be disposed of'),
    });
    this.active = new ActiveModel({
      ...{ store: this.store, slot: this.slot, pointerPath: paths.activePointer, engines, log },
      lowering,
      onChange: () => this.#noteChange(),
      drainTimeoutMs: config.http.drainTimeoutS * 1000,
      metrics: new SwapMetrics(registry),
    });
  }

  /** The configured float detector, which a calibration starts from; `null` where none is, or none that can be read. */
  get floatModel(): StoredModel | null {
    return this.#floatModel;
  }

  /** Why no request can be served, or none has been for several in a row; `null` otherwise. */
  get notReady(): AgentError | null {
    return this.slot.current === null ? this.#startProblem : this.slot.failing;
  }

  /** Puts the best model that works in service. Finding none is no failure: {@link notReady} says why. */
  async start(): Promise<void> {
    const { config, log } = this.#options;
    await this.store
      .sweep()
      .catch((error) => log.error({ err: error }, 'what is left of models cut short stays on the disk'));
    const { problems } = await this.store.list();
    for (const problem of problems) log.error({ err: problem }, problem.message);
    let problem: AgentError | null = null;
    if (config.model.path !== undefined) {
      try {
        this.#floatModel = await configuredModel(config.model.path, this.store);
      } catch (error) {
        problem = toAgentError(error);
        log.error({ err: error }, `model.path cannot be used: ${problem.message}`);
      }
    }
    const nothing = await this.active.start(this.#floatModel?.digest ?? null);
    this.#startProblem = problem ?? nothing;
    if (nothing !== null) log.warn(`not ready: ${this.#startProblem?.message}`);
  }

  /** Lets requests under way finish for the configured time, and frees the model. */
  async stop(): Promise<void> {
    const drainMs = this.#options.config.http.drainTimeoutS * 1000;
    await this.queue.drain(drainMs);
    await this.slot.close(drainMs);
  }

  /** The models that the active pointer names; `null` for none, or one that is no longer stored. */
  get roles(): { readonly [Role in keyof ActivePointer]: ModelIdentity | null } {
    const { active, previous, lastGood } = this.active.pointer;
    const identity = (digest: string | null) =>
      digest === null ? null : (this.#identities.get(digest) ?? null);
    return { active: identity(active), previous: identity(previous), lastGood: identity(lastGood) };
  }

  /** Returns every model in the store, as it would say of itself in service. */
  async models(): Promise<ModelIdentity[]> {
    const { models } = await this.store.list();
    const { current } = this.slot;
    return models.map(({ name, version, digest, manifest }) => {
      if (digest === current?.digest) return current;
      const [{ engine }] = servingEngines(this.#options.engines, manifest);
      return {
        name,
        version,
        digest,
        precision: servedPrecision(manifest, engine.int8),
        engine: engine.name,
      };
    });
  }

  async #noteChange(): Promise<void> {
    const models = await this.models();
    this.#identities = new Map(models.map((model) => [model.digest, model]));
    this.#options.onChange();
  }
}
