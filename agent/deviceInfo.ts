import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import { engineNames, getEngine } from '../runtime/engines/registry.js';
import type { AgentConfig } from './config.js';
import { longestPayloadBytes } from './mqtt/jobCommand.js';
import { packageVersion } from './version.js';

export interface DeviceInfo {
  readonly agent: { readonly name: 'detptq-agent'; readonly version: string; readonly protocol: 1 };
  readonly hardware: object;
  readonly engines: readonly object[];
  readonly capabilities: { readonly jobs: readonly string[]; readonly unsignedCommands: boolean };
  readonly limits: object;
}

/** Returns what the device says of itself at birth: it does not change while the agent runs. */
export async function deviceInfo(
  config: AgentConfig,
  capabilities: DeviceInfo['capabilities'],
): Promise<DeviceInfo> {
  const { inference, calibration } = config;
  const chosen = [inference.engine, inference.quantizedEngine, calibration.engine];
  const engines = engineNames.map(async (name) => {
    const engine = getEngine(name);
    // A birth must not wait for browsers: those say whether they work when they are chosen, and to `detptq doctor`.
    const isTried = !engine.startsBrowser || chosen.includes(name);
    return { name, int8: engine.int8, ...(isTried ? await engine.probe() : {}) };
  });
  return {
    agent: { name: 'detptq-agent', version: packageVersion(), protocol: 1 },
    hardware: {
      arch: arch(),
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      kernel: release(),
      node: process.version,
    },
    engines: await Promise.all(engines),
    capabilities,
    limits: {
      payloadBytes: longestPayloadBytes,
      queuedJobs: config.calibration.queueLimit,
      bodyBytes: config.http.maxBodyBytes,
      pixels: config.http.maxPixels,
    },
  };
}
