/** How far a command has come. `done` of `total` within `step`; both are counts of whatever the step works through. */
export interface Progress {
  readonly step: string;
  readonly done: number;
  readonly total: number;
  /** Best ODOL so far, in a search. */
  readonly odol?: number;
  readonly etaS?: number;
}

export type ProgressSink = (progress: Progress) => void;

/**
 * Returns a sink that passes to `sink` the first and the last update of each step, and between them at most one
 * per `intervalMs`, so that output never grows with the number of layers or frames.
 *
 * @param nowMs the clock
 */
export function rateLimited(sink: ProgressSink, intervalMs: number, nowMs: () => number): ProgressSink {
  let step: string | undefined;
  let lastMs = 0;
  return (progress) => {
    const now = nowMs();
    const due = progress.step !== step || progress.done >= progress.total || now - lastMs >= intervalMs;
    if (!due) return;
    step = progress.step;
    lastMs = now;
    sink(progress);
  };
}

/** Returns e.g. `search 12/40, ODOL 0.0123, 1 min 20 s left`. */
export function progressText(progress: Progress): string {
  const parts = [`${progress.step} ${progress.done}/${progress.total}`];
  if (progress.odol !== undefined) parts.push(`ODOL ${progress.odol.toPrecision(3)}`);
  if (progress.etaS !== undefined && progress.done < progress.total) {
    parts.push(`${durationText(progress.etaS)} left`);
  }
  return parts.join(', ');
}

/** Returns one line that redraws itself: a bar of `width` characters, then the text. ASCII, for serial consoles. */
export function barText(progress: Progress, width: number): string {
  const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 1;
  const filled = Math.round(share * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${progressText(progress)}`;
}

/** Returns e.g. `45 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
