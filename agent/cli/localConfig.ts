import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type LoadedConfig, loadConfig } from '../config.js';
import { demoDefaults } from '../demoModel.js';

const fileInWorkingFolder = 'detptq.yaml';

export interface LocalConfig extends LoadedConfig {
  /** The file that was read, absolute; `null` without one. */
  readonly file: string | null;
}

export interface LocalConfigQuery {
  /** `--config`; by default `DETPTQ_CONFIG`, else `detptq.yaml` in the working folder where there is one. */
  readonly file?: string | undefined;
  /** Dotted keys that override file and environment. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** Returns this process's effective configuration. @throws AgentError `config_invalid`, `file_not_found` */
export async function loadLocalConfig({ file, flags }: LocalConfigQuery): Promise<LocalConfig> {
  const path = file ?? process.env.DETPTQ_CONFIG ?? implicitFile();
  const source = path === undefined ? {} : { file: resolve(path) };
  const loaded = await loadConfig({
    ...source,
    env: process.env,
    demo: demoDefaults(process.env),
    hostName: hostname(),
    ...(flags && { flags }),
  });
  return { ...loaded, file: source.file ?? null };
}

function implicitFile(): string | undefined {
  return existsSync(fileInWorkingFolder) ? fileInWorkingFolder : undefined;
}
