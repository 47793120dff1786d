import { isCameraSpec } from '../calibrate/frames/synthetic/cameraSpec.js';
import { AgentError } from '../runtime/errors.js';
import { configKeys } from './config/configKeys.js';
import { type AgentConfig, configSchema } from './config/configSchema.js';
import {
  type ConfigEntry,
  entriesOfEnvironment,
  entriesOfFile,
  entriesOfFlags,
} from './config/configSources.js';
import type { DemoDefaults } from './demoModel.js';

export { configJsonSchema } from './config/configKeys.js';
export type { AgentConfig, CalibrationConfig } from './config/configSchema.js';

export interface ConfigQuery {
  /** Path of the YAML file; none by default. */
  readonly file?: string;
  /** `DETPTQ_…` variables override the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Dotted keys, e.g. `{'http.port': 8081}`, override both; text is read as in the environment. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** What takes the place of a detector that is not configured; nothing by default. */
  readonly demo?: DemoDefaults | undefined;
  /** Of this machine: gives `mqtt.device` its default. */
  readonly hostName: string;
}

export interface LoadedConfig {
  readonly config: AgentConfig;
  /** Where each key's value came from: `default`, `demo`, `file PATH`, `env NAME` or `flag`. */
  readonly origins: Readonly<Record<string, string>>;
  /** The detector is that of the demo. */
  readonly isDemo: boolean;
}

/**
 * Returns the effective configuration, checked and frozen.
 *
 * @throws AgentError `config_invalid`, naming the key, its source and, when unknown, the nearest known key;
 *   `file_not_found`
 */
export async function loadConfig(query: ConfigQuery): Promise<LoadedConfig> {
  const entries = [
    ...(query.file === undefined ? [] : await entriesOfFile(query.file)),
    ...entriesOfEnvironment(query.env),
    ...entriesOfFlags(query.flags ?? {}),
  ];
  const given = new Map(entries.map((entry) => [entry.path, entry]));
  const demo = query.demo === undefined ? [] : entriesOfDemo(query.demo, given);
  const effective = new Map([...demo.map((entry) => [entry.path, entry] as const), ...given]);
  const result = configSchema.safeParse(nest([...effective.values()]));
  if (!result.success) throw invalid(result.error.issues[0]!, effective);
  const { mqtt, ...rest } = result.data;
  const config = { ...rest, mqtt: { ...mqtt, device: mqtt.device ?? deviceName(query.hostName) } };
  const origins = configKeys.map(({ path }) => [path, effective.get(path)?.origin ?? 'default'] as const);
  return { config: deepFreeze(config), origins: Object.fromEntries(origins), isDemo: demo.length > 0 };
}

/** The demo's detector knows the synthetic scenes only: a real camera gets no detector by default, and says so. */
function entriesOfDemo(
  { modelPath, cameraSource }: DemoDefaults,
  given: ReadonlyMap<string, ConfigEntry>,
): ConfigEntry[] {
  const camera = given.get('camera.source')?.value ?? cameraSource;
  if (given.has('model.path') || !isCameraSpec(String(camera))) return [];
  return [
    { path: 'model.path', value: modelPath, origin: 'demo' },
    { path: 'camera.source', value: cameraSource, origin: 'demo' },
  ];
}

/** Returns a host name as a topic segment: other characters become "-", at most 64 of them. */
export function deviceName(hostName: string): string {
  return hostName.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 64) || 'device';
}

function nest(entries: readonly ConfigEntry[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { path, value } of entries) {
    const segments = path.split('.');
    const leaf = segments.pop()!;
    let section = root;
    for (const segment of segments) {
      section[segment] ??= {};
      section = section[segment] as Record<string, unknown>;
    }
    section[leaf] = value;
  }
  return root;
}

function invalid(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string },
  entries: ReadonlyMap<string, ConfigEntry>,
): AgentError {
  const key = issue.path.join('.');
  const entry = entries.get(key);
  const where = entry?.origin ?? 'configuration';
  const got = JSON.stringify(entry?.value);
  return new AgentError('config_invalid', `${where}: key ${key}: ${issue.message}, got ${got}`, {
    detail: { where, key, got: entry?.value, expected: issue.message },
  });
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value))
    if (typeof child === 'object' && child !== null) deepFreeze(child);
  return Object.freeze(value);
}
