import { existsSync, statSync } from 'node:fs';

export interface Clock {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly timeZone: string;
  /** `null` where nothing tells. */
  readonly synchronized: true | null;
  /** A board without a battery starts in the past: before this program was installed, the time is wrong. */
  readonly plausible: boolean;
}

/** Where systemd-timesyncd leaves word of a synchronized clock. */
const synchronizedMark = '/run/systemd/timesync/synchronized';

export function readClock(): Clock {
  const installedMs = statSync(new URL(import.meta.url)).mtimeMs;
  return {
    time: new Date().toISOString(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    synchronized: existsSync(synchronizedMark) ? true : null,
    plausible: Date.now() >= installedMs,
  };
}
