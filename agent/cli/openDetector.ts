import type { Detector } from '../../runtime/detector/detector.js';
import { type ModelFiles, readModelFiles } from '../../runtime/detector/modelFiles.js';
import { loadOnFirst, type OnRefused, type ServingEngine } from '../engines/engineOrder.js';
import { servingLowering } from '../engines/servingLowering.js';
import type { ThreadSetting } from '../engines/threadTimes.js';
import { localEngines } from './localEngine.js';
import { localStatePaths } from './localState.js';
import { resolveModel } from './resolveModel.js';

export interface OpenDetector extends ServingEngine {
  readonly files: ModelFiles;
  /** The caller disposes of it. */
  readonly detector: Detector;
}

export interface OpenOptions {
  readonly engine: string;
  readonly threads: ThreadSetting;
  readonly float?: boolean;
  /** Told of an engine that refuses the detector, for people. */
  readonly note: (line: string) => void;
}

/**
 * Returns the detector that MODEL names (see `resolveModel`), loaded in an engine as serving would.
 *
 * @throws AgentError those of `resolveModel`, `readModelFiles`, `localEngines` and `loadOnFirst`
 */
export async function openDetector(model: string, options: OpenOptions): Promise<OpenDetector> {
  const files = await readModelFiles(await resolveModel(model, { float: options.float ?? false }));
  const purpose = files.manifest.quantization === undefined ? 'float' : 'quantized';
  const { threads, note } = options;
  const engines = await localEngines({ name: options.engine, purpose, threads });
  const onRefused: OnRefused = ({ message }, engine, next) =>
    note(`${engine.name} refuses ${files.manifest.name}, ${next.name} runs it: ${message}`);
  const lowering = await servingLowering(localStatePaths());
  return { files, ...(await loadOnFirst(files, engines, { lowering, onRefused })) };
}
