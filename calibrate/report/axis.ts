/** A range of figures laid along a line, by the share of its length from the left, 0..1. */
export interface Axis {
  readonly ticks: readonly number[];
  /** Clamped to the line. */
  readonly place: (value: number) => number;
}

const roomBeyond = 0.04;
const mostTicks = 5;

/** Returns an axis from a little below the smallest to a little above the largest of `values`, at round ticks. */
export function linearAxis(values: readonly number[]): Axis {
  const { low, high } = rangeOf(values);
  const room = (high - low || Math.abs(high) || 1) * roomBeyond;
  const [from, to] = [low - room, high + room];
  const step = roundStep((to - from) / mostTicks);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return {
    ticks: Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12))),
    place: (value) => clamp((value - from) / (to - from)),
  };
}

/** Returns an axis on which equal ratios are equally far apart; `values` that are not above 0 do not count. */
export function logAxis(values: readonly number[]): Axis {
  const { low, high } = rangeOf(values.filter((value) => value > 0).map(Math.log10));
  const room = Math.max(0.05, (high - low) * roomBeyond);
  const [from, to] = [low - room, high + room];
  const candidates = Array.from(
    { length: Math.ceil(to) - Math.floor(from) + 1 },
    (_, i) => Math.floor(from) + i,
  );
  const steps = to - from > 2 ? [1] : to - from > 1 ? [1, 3] : [1, 2, 5];
  const inside = candidates
    .flatMap((exponent) => steps.map((step) => Number(`${step}e${exponent}`)))
    .filter((tick) => Math.log10(tick) >= from && Math.log10(tick) <= to);
  return {
    ticks: inside,
    place: (value) => (value > 0 ? clamp((Math.log10(value) - from) / (to - from)) : 0),
  };
}

/** 1, 2 or 5 times a power of ten, the smallest from `atLeast` on. */
function roundStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return [1, 2, 5].map((factor) => factor * power).find((step) => step >= atLeast) ?? 10 * power;
}

function rangeOf(values: readonly number[]): { readonly low: number; readonly high: number } {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? { low: 0, high: 1 } : { low: Math.min(...finite), high: Math.max(...finite) };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
