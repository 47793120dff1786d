import { AgentError } from '../../runtime/errors.js';
import { createRandom } from '../random.js';
import { throwIfAborted } from '../throwIfAborted.js';
import { readFrame } from './folderSource.js';
import type { Frame } from './frame.js';
import { framesDigest } from './framesDigest.js';
import { listImageFiles } from './imageFiles.js';
import { thumbnailOf } from './thumbnail.js';

export interface CalibrationSet {
  /** Frames that the search sees. */
  readonly search: readonly Frame[];
  /** Frames that judge what the search found. */
  readonly heldOut: readonly Frame[];
  /** There was one frame only, so `heldOut` is that of the search: its figures flatter. */
  readonly heldOutIsSearch: boolean;
  readonly skipped: {
    /** Files that are no images by their extension. */
    readonly otherFiles: number;
    /** Files with an image's name that do not decode, among those looked at. */
    readonly undecodable: readonly string[];
    /** Files, among those looked at, that hold the very bytes of another: judged by what it has searched on, a search flatters itself. */
    readonly copies: readonly string[];
  };
}

export interface CalibrationSetOptions {
  /** How many frames to search on. Default 32. */
  readonly frames?: number;
  /** How many to judge by. Default 32. */
  readonly heldOut?: number;
  /** 0, the default: frames in the order of their names; else shuffled by this seed. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/**
 * Returns disjoint sets of frames from a folder of images: the first `frames` that decode for the search,
 * the next `heldOut` for judging, each picture once. Deterministic by names and seed.
 *
 * A folder with too few keeps for judging what the search leaves, and at least a quarter of the whole, rounded down, and
 * one (or `heldOut`, if that is less).
 *
 * @throws AgentError `frames_missing` when nothing decodes; `file_not_found`, `file_unreadable`, `aborted`
 */
export async function loadCalibrationSet(
  folder: string,
  { frames = 32, heldOut = 32, seed = 0, signal }: CalibrationSetOptions = {},
): Promise<CalibrationSet> {
  const { names, otherFiles } = await listImageFiles(folder);
  const ordered = seed === 0 ? names : createRandom(seed).shuffled(names);
  const usable: Frame[] = [];
  const undecodable: string[] = [];
  const copies: string[] = [];
  const known = new Set<string>();
  let refusal: AgentError | undefined;
  for (const name of ordered) {
    if (usable.length === frames + heldOut) break;
    throwIfAborted(signal, 'loading the calibration frames was cancelled');
    const frame = await readFrame(folder, name);
    const digest = framesDigest([frame]);
    if (known.has(digest)) {
      copies.push(name);
      continue;
    }
    known.add(digest);
    const thumbnail = await thumbnailOf(frame.bytes);
    if (!(thumbnail instanceof AgentError)) {
      usable.push(frame);
      continue;
    }
    undecodable.push(name);
    refusal ??= thumbnail;
  }
  if (usable.length === 0) {
    throw new AgentError(
      'frames_missing',
      `${folder}: expected images, got ${names.length} files that do not decode; ${undecodable[0]}: ${refusal?.message}`,
      { cause: refusal, detail: { where: folder, got: undecodable.slice(0, 10) } },
    );
  }
  const numSearch = searchShare(usable.length, { frames, heldOut });
  const search = usable.slice(0, numSearch);
  const heldOutIsSearch = heldOut > 0 && usable.length === 1;
  return {
    search,
    heldOut: heldOutIsSearch ? search : usable.slice(numSearch),
    heldOutIsSearch,
    skipped: { otherFiles, undecodable, copies },
  };
}

function searchShare(usable: number, wanted: { readonly frames: number; readonly heldOut: number }): number {
  const atLeastHeldOut = Math.min(wanted.heldOut, Math.max(1, Math.floor(usable / 4)));
  return Math.max(1, Math.min(wanted.frames, usable - atLeastHeldOut));
}
