import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Frame, FrameSource } from '../../../../calibrate/frames/frame.js';
import { isLabelled, type LabelledSource } from '../../../../calibrate/frames/labelledSource.js';
import { sampleFrames } from '../../../../calibrate/frames/sampler.js';
import { createRandom } from '../../../../calibrate/random.js';
import { fileError, syncFolder, writeFileAtomic, writeFileSynced } from '../../../state/atomicFile.js';
import type { JobContext } from '../../jobKind.js';
import type { CalibrateParams } from './calibrateParams.js';

/** Frames that judge the result, none of which the search has seen. */
export interface JudgingFrames {
  readonly judgeFolder: string;
  /** COCO file of what they show; `null` where the source does not know. */
  readonly annotationsFile: string | null;
  readonly judging: readonly Frame[];
}

export interface CollectedFrames extends JudgingFrames {
  /** Folder of the frames that the search works with. */
  readonly calibFolder: string;
}

/** Of one frame nothing could be held out. */
const fewest = 2;

/**
 * Gathers frames and writes them to two folders in `workFolder`, for `readCollected` to find, too. A source with too few frames keeps at least a quarter
 * of them, rounded down, and at least one, for judging; which ones is drawn by `seed`, as neighbours in a video look alike.
 *
 * @throws AgentError `frames_missing` for fewer than two, `camera_unavailable`, `ffmpeg_missing`, `disk_full`
 */
export async function collectFrames(
  source: FrameSource,
  workFolder: string,
  { params, context }: { readonly params: CalibrateParams; readonly context: JobContext },
): Promise<CollectedFrames> {
  // What an interruption left behind would be mixed with the new ones.
  await emptied(workFolder);
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
  const unneeded = frames.length - 2 * params.frames;
  const numJudging = Math.min(params.heldOut, Math.max(1, Math.floor(frames.length / 4), unneeded));
  const judging = shuffled.slice(0, numJudging);
  const calib = shuffled.slice(numJudging);
  const { calibFolder, judgeFolder, annotationsFile, listFile } = placesIn(workFolder);
  await writeFrames(calibFolder, calib);
  await writeFrames(judgeFolder, judging);
  const isKnown = isLabelled(source);
  if (isKnown) await writeAnnotations(annotationsFile, source, judging);
  const list: z.infer<typeof listSchema> = {
    calib: calib.length,
    judging: judging.map(({ name }) => name),
    isKnown,
  };
  await writeFileAtomic(listFile, JSON.stringify(list));
  return { calibFolder, judgeFolder, annotationsFile: isKnown ? annotationsFile : null, judging };
}

function placesIn(workFolder: string) {
  return {
    calibFolder: join(workFolder, 'calib'),
    judgeFolder: join(workFolder, 'judge'),
    annotationsFile: join(workFolder, 'judge.json'),
    /** There once everything else is, on the disk itself. */
    listFile: join(workFolder, 'collected.json'),
  };
}

const listSchema = z.object({
  /** How many frames the search works with. */
  calib: z.int(),
  /** What the source calls those that judge. */
  judging: z.array(z.string()),
  isKnown: z.boolean(),
});

/** Returns the frames that `collectFrames` gathered for a job that was interrupted later; `null` where they are not all there. */
export async function readCollected(workFolder: string): Promise<CollectedFrames | null> {
  const { calibFolder, judgeFolder, annotationsFile, listFile } = placesIn(workFolder);
  try {
    const list = listSchema.parse(JSON.parse(await readFile(listFile, 'utf8')));
    if ((await readdir(calibFolder)).length !== list.calib) return null;
    const judging = list.judging.map(async (name, index) => {
      return { name, bytes: await readFile(join(judgeFolder, fileName(index))) };
    });
    return {
      ...{ calibFolder, judgeFolder, annotationsFile: list.isKnown ? annotationsFile : null },
      judging: await Promise.all(judging),
    };
  } catch {
    return null;
  }
}

async function emptied(workFolder: string): Promise<void> {
  try {
    await rm(workFolder, { recursive: true, force: true });
    await mkdir(workFolder, { recursive: true });
  } catch (cause) {
    throw fileError(cause, 'remove', workFolder);
  }
}

/** The extension says image; what kind is read from the bytes, as everywhere. */
async function writeFrames(folder: string, frames: readonly Frame[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const [index, { bytes }] of frames.entries()) {
      await writeFileSynced(join(folder, fileName(index)), bytes);
    }
    await syncFolder(folder);
  } catch (cause) {
    throw fileError(cause, 'write', folder);
  }
}

async function writeAnnotations(
  path: string,
  source: LabelledSource,
  frames: readonly Frame[],
): Promise<void> {
  const coco = source.annotationsOf(frames);
  const images = coco.images.map((image, index) => ({ ...image, file_name: fileName(index) }));
  try {
    await writeFileSynced(path, JSON.stringify({ ...coco, images }));
  } catch (cause) {
    throw fileError(cause, 'write', path);
  }
}

function fileName(index: number): string {
  return `frame-${String(index).padStart(5, '0')}.jpg`;
}
