import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, FrameSource } from '../../../../calibrate/frames/frame.js';
import { sampleFrames } from '../../../../calibrate/frames/sampler.js';
import { createRandom } from '../../../../calibrate/random.js';
import { fileError } from '../../../state/atomicFile.js';
import type { JobContext } from '../../jobKind.js';
import type { CalibrateParams } from './calibrateParams.js';

export interface CollectedFrames {
  /** Folder of the frames that the search works with. */
  readonly calibFolder: string;
  /** Folder of the frames that judge the result, none of which the search has seen. */
  readonly judgeFolder: string;
  readonly judging: readonly Frame[];
}

/** Of one frame nothing could be held out. */
const fewest = 2;

/**
 * Gathers frames and writes them to two folders in `workFolder`. A source with too few frames keeps a quarter of
 * them, at least one, for judging; which ones is drawn by `seed`, as neighbours in a video look alike.
 *
 * @throws AgentError `frames_missing` for fewer than two, `camera_unavailable`, `ffmpeg_missing`, `disk_full`
 */
export async function collectFrames(
  source: FrameSource,
  workFolder: string,
  { params, context }: { readonly params: CalibrateParams; readonly context: JobContext },
): Promise<CollectedFrames> {
  const { seed } = params;
  // The search takes as many again as it sees, to choose by among its own candidates.
  const wanted = 2 * params.frames + params.heldOut;
  const { frames } = await sampleFrames(source, {
    count: wanted,
    minimum: fewest,
    seed,
    signal: context.signal,
    onFrame: ({ distinct }) => context.reportProgress({ done: Math.min(distinct, wanted), total: wanted }),
  });
  const shuffled = createRandom(seed).shuffled(frames);
  const numJudging = Math.min(params.heldOut, Math.max(1, Math.floor(frames.length / 4)));
  const judging = shuffled.slice(0, numJudging);
  const calib = shuffled.slice(numJudging);
  return {
    calibFolder: await writeFrames(join(workFolder, 'calib'), calib),
    judgeFolder: await writeFrames(join(workFolder, 'judge'), judging),
    judging,
  };
}

/** The extension says image; what kind is read from the bytes, as everywhere. */
async function writeFrames(folder: string, frames: readonly Frame[]): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    for (const [index, { bytes }] of frames.entries()) {
      await writeFile(join(folder, `frame-${String(index).padStart(5, '0')}.jpg`), bytes);
    }
  } catch (cause) {
    throw fileError(cause, 'write', folder);
  }
  return folder;
}
