import type { ControlReport } from '../report.js';

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
  const ratio = after / before - 1;
  if (!Number.isFinite(ratio)) return none;
  return `${ratio < 0 ? '−' : '+'}${percentText(Math.abs(ratio))}`;
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

/** Decimal megabytes or gigabytes. */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return none;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `1 frame`, `8 frames`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
