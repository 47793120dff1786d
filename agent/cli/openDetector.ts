import { type Detector, loadDetector } from '../../runtime/detector/detector.js';
import { type ModelFiles, readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { localEngine } from './localEngine.js';
import { localStatePaths } from './localState.js';
import { resolveModel } from './resolveModel.js';

export interface OpenDetector {
  readonly files: ModelFiles;
  readonly engine: Engine;
  /** The caller disposes of it. */
  readonly detector: Detector;
}

/** Returns the detector that MODEL names (see `resolveModel`), loaded in an engine as serving would. */
export async function openDetector(
  model: string,
  options: { readonly engine: string; readonly threads: number; readonly float?: boolean },
): Promise<OpenDetector> {
  const files = await readModelFiles(await resolveModel(model, { float: options.float ?? false }));
  const purpose = files.manifest.quantization === undefined ? 'float' : 'quantized';
  const engine = await localEngine({ name: options.engine, purpose, threads: options.threads });
  const detector = await loadDetector(files, engine, {
    threads: options.threads,
    lowering: { cacheFolder: localStatePaths().engineCache },
  });
  return { files, engine, detector };
}
