import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readModelFiles } from '../../../../runtime/detector/modelFiles.js';
import { toAgentError } from '../../../../runtime/errors.js';
import type { StoredModel } from '../../../state/storedModel.js';
import { packageVersion } from '../../../version.js';
import type { CalibrateDeps } from './calibrateJob.js';
import type { CalibrateParams } from './calibrateParams.js';
import { parseQuantizeResult, type QuantizeResult } from './childResults.js';
import type { RunChild } from './measureAccuracy.js';

interface Search {
  readonly floatModel: StoredModel;
  readonly calibFolder: string;
  /** Where the candidate is written, and the checkpoint on the way. */
  readonly outFolder: string;
  readonly params: CalibrateParams;
}

type SearchDeps = Pick<CalibrateDeps, 'config' | 'engineNames' | 'onProblem'> & { readonly run: RunChild };

/**
 * Quantizes the float model, going on from what an attempt before has left behind. A child that is killed, for want of memory say, is begun
 * again, once.
 *
 * @throws AgentError what the child throws
 */
export async function searchCandidate(search: Search, deps: SearchDeps): Promise<QuantizeResult> {
  const found = await foundBefore(search, deps);
  if (found !== null) return found;
  const quantize = () => deps.run(quantizeArgs(search, deps));
  const document = await quantize().catch(async (error) => {
    if (!isWorthAnother(error)) throw error;
    deps.onProblem(toAgentError(error));
    // Of another version, say.
    if (toAgentError(error).code === 'checkpoint_mismatch') await rm(search.outFolder, { recursive: true });
    return quantize();
  });
  return parseQuantizeResult(document);
}

/** Returns what an attempt before has found, if it is what this one would find; else `null`. */
async function foundBefore(
  { floatModel, outFolder }: Search,
  { engineNames }: SearchDeps,
): Promise<QuantizeResult | null> {
  try {
    const { quantization } = (await readModelFiles(outFolder)).manifest;
    const isOfThis =
      quantization?.parent === floatModel.digest &&
      quantization.toolVersion === packageVersion() &&
      quantization.engine === engineNames.search;
    if (!isOfThis) return null;
    return parseQuantizeResult(JSON.parse(await readFile(join(outFolder, 'report.json'), 'utf8')));
  } catch {
    return null;
  }
}

function quantizeArgs(
  { floatModel, calibFolder, outFolder, params }: Search,
  { engineNames, config: { maxMemoryMb } }: SearchDeps,
): readonly [string, ...string[]] {
  const { recipe, weightBits, activationBits, lowBitShare, frames, seed } = params;
  return [
    'quantize',
    floatModel.manifestPath,
    ...['--engine', engineNames.search, '--serving-engine', engineNames.quantized],
    ...['--calib', calibFolder, '--out', outFolder, '--recipe', recipe],
    ...['--weight-bits', String(weightBits), '--activation-bits', String(activationBits)],
    ...['--low-bit-share', String(lowBitShare), '--frames', String(frames), '--seed', String(seed)],
    ...(maxMemoryMb === undefined ? [] : ['--max-memory', String(maxMemoryMb)]),
    '--resume',
  ];
}

/** Whether a search that ended so may do better when it is begun again. */
function isWorthAnother(error: unknown): boolean {
  const { code, detail } = toAgentError(error);
  return code === 'checkpoint_mismatch' || (code === 'child_failed' && detail.signal !== undefined);
}
