import { setTimeout as sleep } from 'node:timers/promises';

/** Returns the first value of `probe` that is not `undefined` or false; the test's time-out is the limit. */
export async function until<T>(probe: () => T | undefined | false): Promise<T> {
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    await sleep(5);
  }
}
