import { AgentError } from '../../runtime/errors.js';
import { createRandom } from '../random.js';
import { throwIfAborted } from '../throwIfAborted.js';
import type { Frame, FrameSource } from './frame.js';
import { Reservoir } from './reservoir.js';
import { type Thumbnail, thumbnailDistance, thumbnailOf } from './thumbnail.js';

/** Frames looked at in all, for each one wanted. */
const examinedPerWanted = { endless: 8, ending: 64 } as const;

/** Two frames whose thumbnails differ less than this (mean absolute luminance, of 255) show the same. */
const duplicateDistance = 1;

export interface SampleOptions {
  /** How many frames to choose. */
  readonly count: number;
  /** Fewer are an error. Default 1. */
  readonly minimum?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onFrame?: (progress: SampleProgress) => void;
}

export interface SampleProgress {
  readonly examined: number;
  /** Distinct frames found so far. */
  readonly distinct: number;
}

export interface Sample {
  readonly frames: readonly Frame[];
  readonly skipped: { readonly undecodable: number; readonly duplicates: number };
}

/**
 * Returns `count` frames that decode and differ from each other.
 *
 * An endless source gives the first ones that come. A source that ends is looked through, and each of its
 * distinct frames is as likely to be chosen (reservoir sampling, by `seed`); order is then that of the
 * source. Where distinct frames are too few, a still scene, near-duplicates fill up: never copies, and
 * possibly fewer than `count`.
 *
 * @throws AgentError `frames_missing` when fewer than `minimum` decode; `aborted`; what the source throws
 */
export async function sampleFrames(source: FrameSource, options: SampleOptions): Promise<Sample> {
  const { count, minimum = 1, seed, signal, onFrame } = options;
  const endless = source.endless ?? false;
  const maxExamined = count * (endless ? examinedPerWanted.endless : examinedPerWanted.ending);
  const random = createRandom(seed);
  const distinct = new Reservoir<Frame>(count, random);
  const duplicates = new Reservoir<Frame>(count, random);
  const seen: Thumbnail[] = [];
  let examined = 0;
  let undecodable = 0;
  let copies = 0;

  for await (const frame of source.frames(signal)) {
    const thumbnail = await thumbnailOf(frame.bytes);
    examined++;
    if (thumbnail instanceof AgentError) undecodable++;
    else {
      const nearest = distanceToNearest(thumbnail, seen);
      if (nearest >= duplicateDistance) {
        distinct.add(frame);
        seen.push(thumbnail);
      } else if (nearest > 0) duplicates.add(frame);
      else copies++;
    }
    onFrame?.({ examined, distinct: distinct.offered });
    if (examined >= maxExamined || (endless && distinct.offered >= count) || signal?.aborted) break;
  }
  throwIfAborted(signal, `gathering frames was cancelled after ${examined}`);

  const fill = duplicates.chosen().slice(0, Math.max(0, count - distinct.chosen().length));
  const frames = [...distinct.chosen(), ...fill];
  const needed = Math.max(1, minimum);
  if (frames.length < needed) {
    const got = `${frames.length} of ${examined}`;
    throw new AgentError(
      'frames_missing',
      `${source.description}: expected at least ${needed} usable frames, got ${got}`,
      { detail: { where: source.description, expected: needed, got: frames.length, undecodable } },
    );
  }
  return { frames, skipped: { undecodable, duplicates: duplicates.offered + copies - fill.length } };
}

function distanceToNearest(thumbnail: Thumbnail, seen: readonly Thumbnail[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const other of seen) nearest = Math.min(nearest, thumbnailDistance(other, thumbnail));
  return nearest;
}
