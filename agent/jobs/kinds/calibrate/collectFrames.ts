import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, FrameSource } from '../../../../calibrate/frames/frame.js';
import { isLabelled, type LabelledSource } from '../../../../calibrate/frames/labelledSource.js';
import { sampleFrames } from '../../../../calibrate/frames/sampler.js';
import { createRandom } from '../../../../calibrate/random.js';
import { fileError, readTextIfPresent, writeFileAtomic } from '../../../state/atomicFile.js';
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
 * Gathers frames and writes them to two folders in `workFolder`; where it had done so before, as for a job that was interrupted later, it
 * returns those. A source with too few frames keeps at least a quarter
 * of them, rounded down, and at least one, for judging; which ones is drawn by `seed`, as neighbours in a video look alike.
 *
 * @throws AgentError `frames_missing` for fewer than two, `camera_unavailable`, `ffmpeg_missing`, `disk_full`
 */
export async function collectFrames(
  source: FrameSource,
  workFolder: string,
  { params, context }: { readonly params: CalibrateParams; readonly context: JobContext },
): Promise<CollectedFrames> {
  const known = await readCollected(workFolder);
  if (known) return known;
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
  const { calibFolder, judgeFolder, annotationsFile, names } = placesIn(workFolder);
  await writeFrames(calibFolder, calib);
  await writeFrames(judgeFolder, judging);
  const isKnown = isLabelled(source);
  if (isKnown) await writeAnnotations(annotationsFile, source, judging);
  await writeFileAtomic(names, JSON.stringify(judging.map(({ name }) => name)));
  return { calibFolder, judgeFolder, annotationsFile: isKnown ? annotationsFile : null, judging };
}

function placesIn(workFolder: string) {
  return {
    calibFolder: join(workFolder, 'calib'),
    judgeFolder: join(workFolder, 'judge'),
    annotationsFile: join(workFolder, 'judge.json'),
    /** What the source calls the judging frames; there once everything else is. */
    names: join(workFolder, 'names.json'),
  };
}

async function readCollected(workFolder: string): Promise<CollectedFrames | null> {
  const { calibFolder, judgeFolder, annotationsFile, names } = placesIn(workFolder);
  const written = await readTextIfPresent(names);
  if (written === undefined) return null;
  try {
    const judging = (JSON.parse(written) as string[]).map(async (name, index) => {
      return { name, bytes: await readFile(join(judgeFolder, fileName(index))) };
    });
    const isKnown = existsSync(annotationsFile);
    return {
      ...{ calibFolder, judgeFolder, annotationsFile: isKnown ? annotationsFile : null },
      judging: await Promise.all(judging),
    };
  } catch (cause) {
    throw fileError(cause, 'read', judgeFolder);
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
      await writeFile(join(folder, fileName(index)), bytes);
    }
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
    await writeFile(path, JSON.stringify({ ...coco, images }));
  } catch (cause) {
    throw fileError(cause, 'write', path);
  }
}

function fileName(index: number): string {
  return `frame-${String(index).padStart(5, '0')}.jpg`;
}
