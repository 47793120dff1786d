import { engineNames, getEngine } from '../../../runtime/engines/registry.js';
import { AgentError, toAgentError } from '../../../runtime/errors.js';
import type { CommandContext } from '../context.js';
import { type LocalConfig, loadLocalConfig } from '../localConfig.js';
import { localStatePaths } from '../localState.js';
import { type Clock, readClock } from './clock.js';
import { diagnosisText } from './diagnosisText.js';
import { type EngineReport, reportEngine } from './engineReport.js';
import { type Hardware, readHardware } from './hardware.js';
import { type Check, checkBroker, checkCamera, checkFfmpeg } from './surroundings.js';

/** What `detptq doctor` says. */
export interface Diagnosis extends Hardware {
  readonly node: string;
  readonly clock: Clock;
  readonly engines: readonly EngineReport[];
  readonly programs: readonly Check[];
  readonly config: { readonly file: string | null; readonly error: AgentError | null };
  /** `null` when the configuration cannot be read. */
  readonly camera: Check | null;
  readonly broker: Check | null;
}

/** Prints what this device can do. What does not work is a finding, not an error. */
export async function examine({ output, signal }: CommandContext, configFile?: string): Promise<void> {
  const config = await readConfig(configFile);
  const readable = config instanceof AgentError ? null : config.config;
  const hardware = await readHardware(localStatePaths().root);
  const threads = [...new Set([1, hardware.cpu.cores])];
  const engines: EngineReport[] = [];
  for (const [index, name] of engineNames.entries()) {
    output.progress({ step: 'measure engines', done: index, total: engineNames.length });
    engines.push(await reportEngine(getEngine(name), { threads, signal }));
  }
  const diagnosis: Diagnosis = {
    ...hardware,
    node: process.version,
    clock: readClock(),
    engines,
    programs: [await checkFfmpeg()],
    config:
      config instanceof AgentError
        ? { file: configFile ?? null, error: config }
        : { file: config.file, error: null },
    camera: readable && (await checkCamera(readable)),
    broker: readable && (await checkBroker(readable)),
  };
  output.result(diagnosis, () => diagnosisText(diagnosis));
}

async function readConfig(file: string | undefined): Promise<LocalConfig | AgentError> {
  try {
    return await loadLocalConfig({ file });
  } catch (error) {
    return toAgentError(error);
  }
}
