import type { Interval } from '../evaluate/bootstrap.js';
import type { ControlReport, Difference } from '../report.js';

/** Shown for a figure that is no number: an ODOL of NaN means that the network gave out NaN. */
const none = '–';

/** Three significant digits, as an ODOL has no fixed magnitude: `0.00123`, `1.20`, `1.2e-7`. */
export function odolText(odol: number): string {
  return Number.isFinite(odol) ? odol.toPrecision(3) : none;
}

/** A ratio as a percentage with one decimal, or with two significant digits below 1 %. */
export function percentText(ratio: number): string {
  if (!Number.isFinite(ratio)) return none;
  const percent = ratio * 100;
  const small = percent !== 0 && Math.abs(percent) < 1;
  return `${small ? percent.toPrecision(2) : percent.toFixed(1)} %`;
}

/** The change from `before` to `after` in percent, signed: `−12.5 %`. */
export function changeText(before: number, after: number): string {
  return signedText(after / before - 1, percentText);
}

/** `value` as `text` has its size, with its sign: `+0.12 %`, `−3.1`. Zero has none. */
export function signedText(value: number, text: (size: number) => string): string {
  if (!Number.isFinite(value)) return none;
  const sign = value < 0 ? '−' : value > 0 ? '+' : '';
  return `${sign}${text(Math.abs(value))}`;
}

/** A ratio's difference in percentage points, unsigned: `1.2`. */
export function pointsText(ratio: number): string {
  return Number.isFinite(ratio) ? (ratio * 100).toFixed(1) : none;
}

/** An interval of figures as `text` has each: `95.1 to 97.5 %`. */
export function intervalText({ low, high }: Interval, text: (value: number) => string): string {
  return `${text(low)} to ${text(high)}`;
}

/** A signed difference with its interval: `+1.2 points (95 %: −0.4 to +2.5)`. */
export function differenceText(
  { difference, low, high }: Difference,
  { text, unit = '' }: { text: (size: number) => string; unit?: string },
): string {
  const signed = (value: number) => signedText(value, text);
  return `${signed(difference)}${unit} (95 %: ${signed(low)} to ${signed(high)})`;
}

export function pText(p: ControlReport['p']): string {
  if (p === null) return 'per layer';
  return p === 'inf' ? '∞' : String(p);
}

export function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return none;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** Decimal kilobytes, megabytes or gigabytes. */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return none;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${bytes < 1e7 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `11.2 ms` */
export function millisecondsText(ms: number): string {
  return Number.isFinite(ms) ? `${ms.toFixed(ms < 100 ? 1 : 0)} ms` : none;
}

/** How many times `larger` is `smaller`: `2.1×`. */
export function timesText(larger: number, smaller: number): string {
  const times = larger / smaller;
  return Number.isFinite(times) ? `${times.toFixed(times < 10 ? 1 : 0)}×` : none;
}

/** A count of operations: `1.23 G`, `45.6 M`, `7.8 k`, `960`. */
export function countOfText(count: number): string {
  if (!Number.isFinite(count)) return none;
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} G`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(1)} k` : String(count);
}

/** `1 frame`, `8 frames`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function decibelsText(decibels: number): string {
  return Number.isFinite(decibels) ? `${decibels.toFixed(1)} dB` : none;
}
