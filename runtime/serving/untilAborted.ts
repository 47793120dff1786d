/**
 * Returns what `work` comes to. When `signal` aborts first, its reason is thrown at once, so that an engine that hangs
 * holds nobody up; a result that comes later goes to `onLate`, a failure that comes later is dropped.
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  onLate: (result: T) => unknown = () => undefined,
): Promise<T> {
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    work.then(onLate).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
