import { z } from 'zod';
import { AgentError } from '../../runtime/errors.js';
import { readTextIfPresent, writeFileAtomic } from './atomicFile.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const pointerSchema = z.object({
  active: digest.nullable(),
  previous: digest.nullable(),
  lastGood: digest.nullable(),
});

/** Which stored models the agent serves and may go back to, by digest. */
export interface ActivePointer {
  readonly active: string | null;
  /** Served before `active`; what a rollback goes back to. */
  readonly previous: string | null;
  /** The newest that has served a whole soak without errors, or that a start has found to work; what a start serves. */
  readonly lastGood: string | null;
}

export const emptyPointer: ActivePointer = { active: null, previous: null, lastGood: null };

export interface ActivePointerReading {
  readonly pointer: ActivePointer;
  /** Set when the file was corrupt: `pointer` is then the empty one, and the configured model is served. */
  readonly problem?: AgentError;
}

/** Returns the stored pointer, the empty one where there is none yet, and a problem where the file is corrupt. */
export async function readActivePointer(path: string): Promise<ActivePointerReading> {
  const text = await readTextIfPresent(path);
  if (text === undefined) return { pointer: emptyPointer };
  try {
    return { pointer: pointerSchema.parse(JSON.parse(text)) };
  } catch (cause) {
    const problem = new AgentError(
      'state_corrupt',
      `${path} is not a valid pointer to the active model; falling back to the configured model`,
      { cause, detail: { where: path } },
    );
    return { pointer: emptyPointer, problem };
  }
}

/** @throws AgentError `disk_full`, `file_unreadable`; the old pointer then still holds */
export async function writeActivePointer(path: string, pointer: ActivePointer): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(pointer, null, 2)}\n`);
}

/** Returns the pointer after `digest` was put in service. `lastGood` stays until the soak is over. */
export function afterSwap(pointer: ActivePointer, digest: string): ActivePointer {
  if (digest === pointer.active) return pointer;
  return { ...pointer, active: digest, previous: pointer.active };
}

/** Returns the pointer after the active model has soaked without errors. */
export function afterSoak(pointer: ActivePointer): ActivePointer {
  return { ...pointer, lastGood: pointer.active };
}

/**
 * Returns the digests to try at a start, best first, without repeats. An active model that is not the last good one was
 * being watched when the agent ended, so what is known to work goes before it.
 */
export function startCandidates(pointer: ActivePointer, configured: string | null): string[] {
  const order = [pointer.lastGood, pointer.active, pointer.previous, configured];
  return [...new Set(order.filter((digest) => digest !== null))];
}

/** Returns the pointer after a start has put `digest` in service, and none of `failed`. */
export function afterStart(
  { previous }: ActivePointer,
  { digest, failed }: { readonly digest: string; readonly failed: ReadonlySet<string> },
): ActivePointer {
  const usable = previous !== null && previous !== digest && !failed.has(previous);
  return { active: digest, previous: usable ? previous : null, lastGood: digest };
}
