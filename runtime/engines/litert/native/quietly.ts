import type { LitertLibrary } from './bindings.js';

const standardError = 2;

/** What {@link quietly} was asked for in this process, once for each library. */
const heard = new WeakSet<LitertLibrary>();

/** Whether the library has greeted already in this process. */
export function hasGreeted(library: LitertLibrary): boolean {
  return heard.has(library);
}

/**
 * Returns what `task` returns. The first time, what it writes to standard error in between is lost: the library greets
 * there, whatever its log level, and a program's output must not depend on that. Synchronous, so that nothing else of this
 * thread is lost.
 */
export function quietly<Result>(library: LitertLibrary, task: () => Result): Result {
  if (heard.has(library)) return task();
  heard.add(library);
  const { dup, dup2, open, close } = library.files;
  const kept = dup(standardError);
  const nowhere = open('/dev/null', 1);
  dup2(nowhere, standardError);
  try {
    return task();
  } finally {
    dup2(kept, standardError);
    close(nowhere);
    close(kept);
  }
}
