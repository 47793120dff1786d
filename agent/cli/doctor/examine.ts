import { configureEngines, engineNames, getEngine } from '../../../runtime/engines/registry.js';
import { AgentError, toAgentError } from '../../../runtime/errors.js';
import type { EngineTrial } from '../../engines/engineTrial.js';
import { writeVerdict } from '../../engines/engineVerdict.js';
import { type EnginePurpose, rankEngines } from '../../engines/rankEngines.js';
import { servingLowering } from '../../engines/servingLowering.js';
import { fixedThreads, type ThreadSetting, threadCandidates } from '../../engines/threadTimes.js';
import type { TrialDetector } from '../../engines/trialDetector.js';
import type { CommandContext } from '../context.js';
import { type LocalConfig, loadLocalConfig } from '../localConfig.js';
import { localStatePaths } from '../localState.js';
import { type Clock, readClock } from './clock.js';
import { configuredDetector, type UntriableDetector } from './configuredDetector.js';
import { diagnosisText } from './diagnosisText.js';
import { type EngineReport, eligibleTrials, reportEngine } from './engineReport.js';
import { type Hardware, readHardware } from './hardware.js';
import { type Check, checkBroker, checkCamera, checkFfmpeg } from './surroundings.js';

/** What `detptq doctor` says. */
export interface Diagnosis extends Hardware {
  readonly node: string;
  readonly clock: Clock;
  readonly engines: readonly EngineReport[];
  /** What the engines were tried on, or why they were not. */
  readonly detector: { readonly name: string; readonly digest: string } | UntriableDetector;
  /** The engines among which `auto` chooses from now on, the best first. */
  readonly auto: Readonly<Record<EnginePurpose, readonly RankedEngine[]>>;
  readonly programs: readonly Check[];
  readonly config: { readonly file: string | null; readonly error: AgentError | null };
  /** `null` when the configuration cannot be read. */
  readonly camera: Check | null;
  readonly broker: Check | null;
}

export interface RankedEngine {
  readonly engine: string;
  /** Of one detection under the agent's load; of one picture of a search. */
  readonly ms: number;
  /** Of one inference in service; of a search all cores. */
  readonly threads: number;
}

/** Prints what this device can do. What does not work is a finding, not an error. */
export async function examine({ output, signal }: CommandContext, configFile?: string): Promise<void> {
  const config = await readConfig(configFile);
  const readable = config instanceof AgentError ? null : config.config;
  const paths = localStatePaths();
  const hardware = await readHardware(paths.root);
  const { cores } = hardware.cpu;
  const { threads = 'auto', concurrency = 1 } = readable?.inference ?? {};
  configureEngines({ ...readable?.engines, threads: fixedThreads(threads) });
  const found = await configuredDetector(readable);
  const detector = 'problem' in found ? null : found;
  const lowering = await servingLowering(paths);
  const engines: EngineReport[] = [];
  for (const [index, name] of engineNames.entries()) {
    output.progress({ step: 'measure engines', done: index, total: engineNames.length });
    const report = await reportEngine(getEngine(name), {
      ...{ detector, signal, totalMemoryBytes: hardware.memory.totalBytes, concurrency },
      threads: [...new Set([1, cores])],
      servingThreads: servingThreads(cores, threads),
      searchThreads: cores,
      lowering,
    });
    engines.push(report);
  }
  const trials = eligibleTrials(engines);
  if (detector !== null) await keepVerdict({ detector, trials }, output.note);
  const ranked = (purpose: EnginePurpose): RankedEngine[] =>
    rankEngines(trials, purpose, threads).map(({ trial: { engine }, ms, threads = cores }) => {
      return { engine, ms, threads };
    });
  const diagnosis: Diagnosis = {
    ...hardware,
    node: process.version,
    clock: readClock(),
    engines,
    detector: 'problem' in found ? found : { name: found.manifest.name, digest: found.digest },
    auto: { float: ranked('float'), quantized: ranked('quantized'), search: ranked('search') },
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

/** What is measured serves any later setting. */
function servingThreads(cores: number, setting: ThreadSetting): number[] {
  const wanted = fixedThreads(setting) ?? 1;
  return [...new Set([...threadCandidates(cores), wanted])].sort((a, b) => a - b);
}

/** A device whose state cannot be written is examined all the same. */
async function keepVerdict(
  {
    detector: { manifest, digest },
    trials,
  }: { readonly detector: TrialDetector; readonly trials: readonly EngineTrial[] },
  note: (line: string) => void,
): Promise<void> {
  const { root, engineVerdict } = localStatePaths();
  try {
    await writeVerdict(engineVerdict, root, {
      detector: { name: manifest.name, digest },
      trials,
    });
  } catch (error) {
    note(
      `what was measured is not kept, so auto takes the first engine that works: ${toAgentError(error).message}`,
    );
  }
}

async function readConfig(file: string | undefined): Promise<LocalConfig | AgentError> {
  try {
    return await loadLocalConfig({ file });
  } catch (error) {
    return toAgentError(error);
  }
}
