/** Returns a ratio as people read it: `61.8 %`. */
export function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`;
}

/** Returns a time in ms with as many digits as mean something: `0.004 ms`, `8.31 ms`, `21.4 ms`. */
export function milliseconds(ms: number): string {
  const digits = ms < 1 ? 3 : ms < 10 ? 2 : 1;
  return `${ms.toFixed(digits)} ms`;
}

/** Returns a size: `2.8 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
