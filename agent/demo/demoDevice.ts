import type { Logger } from 'pino';
import type { Recipe } from '../../calibrate/detptq/recipe.js';
import { AgentError } from '../../runtime/errors.js';
import { makeScratchFolder, removeScratchFolder } from '../../runtime/scratchFolder.js';
import { Agent } from '../agent.js';
import { type AgentConfig, type CalibrationConfig, loadConfig } from '../config.js';
import { takesUnsignedCommands } from '../mqtt/mqttPort.js';
import { type Topics, topicsOf } from '../mqtt/topics.js';
import { ModelStore } from '../state/modelStore.js';
import { statePaths } from '../state/stateFolder.js';
import { deviceState, type HeardModel } from './heard.js';
import { Operator } from './operator.js';

export interface DemoDeviceOptions {
  /** Manifest of the float detector. */
  readonly modelPath: string;
  /** Chooses the place that the camera shows, and what the search draws. */
  readonly seed: number;
  readonly recipe: Recipe;
  /** Pictures that the search sees. */
  readonly frames: number;
  /** Dotted keys of the agent's configuration, over those of the demo. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The compiled script of the CLI. */
  readonly cliScript: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** A device that serves, and the operator at its broker. */
export interface StartedDevice {
  /** Base URL of its HTTP API. */
  readonly http: string;
  readonly mqtt: string;
  readonly operator: Operator;
  readonly topics: Topics;
  /** What it serves. */
  readonly model: HeardModel;
  readonly calibration: CalibrationConfig;
  /** Bytes of a model's weights on its disk. */
  sizeOf(model: HeardModel): Promise<number>;
}

const device = 'demo';
const heldOut = 16;

/** A real agent on free ports of this machine, with a state folder that lives as long as it does. */
export class DemoDevice {
  readonly #options: DemoDeviceOptions;
  /** What ends each part that was started, in order of starting. */
  readonly #stops: (() => Promise<unknown>)[] = [];

  constructor(options: DemoDeviceOptions) {
    this.#options = options;
  }

  /** @throws AgentError `config_invalid`, `no_model` when the detector does not work, the reason of `signal` */
  async start(): Promise<StartedDevice> {
    const { signal, log, cliScript } = this.#options;
    const config = await this.#config();
    const stateRoot = await makeScratchFolder('demo');
    this.#stops.push(() => removeScratchFolder(stateRoot));
    const agent = new Agent({ config, stateRoot, log, cliScript });
    this.#stops.push(() => agent.stop());
    const { http, mqtt } = await agent.start();
    const topics = topicsOf(config.mqtt);
    const operator = await Operator.connect(mqtt, topics);
    this.#stops.push(() => operator.close());
    const { active, reason } = await operator.next(topics.state, { schema: deviceState, signal });
    if (active === null) throw new AgentError('no_model', `the demo's detector: ${reason?.message}`);
    const store = new ModelStore(statePaths(stateRoot).models);
    const sizeOf = async ({ digest }: HeardModel) => (await store.find(digest)).manifest.model.sizeBytes;
    return { http, mqtt, operator, topics, model: active, calibration: config.calibration, sizeOf };
  }

  /** Ends it and removes its state. Idempotent. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  async #config(): Promise<AgentConfig> {
    const { modelPath, seed, recipe, frames, settings } = this.#options;
    const flags = {
      ...{ 'http.port': 0, 'mqtt.embeddedPort': 0, 'mqtt.device': device, 'model.path': modelPath },
      // A second between pictures, so that a minute of the scene is enough.
      'camera.source': `synthetic:hall?seed=${seed}&fps=1`,
      ...{ 'calibration.recipe': recipe, 'calibration.frames': frames, 'calibration.heldOut': heldOut },
      ...{ 'calibration.seed': seed, 'calibration.soakS': 2 },
      ...settings,
    };
    const { config } = await loadConfig({ env: {}, hostName: device, flags });
    if (!takesUnsignedCommands(config.mqtt)) throw untrustedBroker(config.mqtt);
    return config;
  }
}

function untrustedBroker({ broker, embeddedHost }: AgentConfig['mqtt']): AgentError {
  const expected = 'an embedded broker on loopback';
  const got = broker === 'embedded' ? `mqtt.embeddedHost ${embeddedHost}` : `mqtt.broker ${broker}`;
  return new AgentError(
    'config_invalid',
    `the demo's operator sends unsigned commands, which need ${expected}: got ${got}`,
    { detail: { where: 'flag', expected, got } },
  );
}
