import type { LayerReport } from '../report.js';
import { decibelsText, percentText } from './format.js';
import { html, type Markup } from './markup.js';

/** In units of the drawing, the gap above the bars included. */
export const laneHeight = 48;
const barHeight = 36;

/** One figure of all layers as a row of bars. */
export interface Lane {
  readonly label: string;
  /** What a bar of full height stands for. */
  readonly top: string;
  /** Of each layer, 0..1 of the full height; undefined where there is no such figure. */
  readonly heights: readonly (number | undefined)[];
  readonly kind: 'share' | 'bits';
}

/** Returns the lanes for which the report has figures. */
export function lanesOf(layers: readonly LayerReport[]): Lane[] {
  const clipped = layers.map(({ clipShare }) => clipShare);
  const totalMacs = layers.reduce((sum, { macs }) => sum + (macs ?? 0), 0);
  const work = layers.map(({ macs }) => (macs === undefined ? undefined : macs / (totalMacs || 1)));
  const noise = layers.map(({ sqnrDb }) => sqnrDb);
  return [
    relativeLane('clipped', clipped, percentText),
    bitsLane('W bits', (layer) => layer.weightBits, layers),
    bitsLane('A bits', (layer) => layer.activationBits, layers),
    relativeLane('work', work, percentText),
    relativeLane('SQNR', noise, decibelsText),
  ].filter(({ heights }) => heights.some((height) => height !== undefined));
}

/** Bars as high as the share of the largest. */
function relativeLane(
  label: string,
  values: readonly (number | undefined)[],
  text: (value: number) => string,
): Lane {
  const finite = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  const largest = Math.max(1e-6, ...finite);
  const heights = values.map((value) =>
    value === undefined || !Number.isFinite(value) ? undefined : Math.max(0, value / largest),
  );
  return { label, top: text(largest), heights, kind: 'share' };
}

function bitsLane(
  label: string,
  bitsOf: (layer: LayerReport) => number,
  layers: readonly LayerReport[],
): Lane {
  return { label, top: '8', heights: layers.map((layer) => bitsOf(layer) / 8), kind: 'bits' };
}

/** Returns the bar of one layer. */
export function laneMarks(
  { heights, kind }: Lane,
  index: number,
  { x, step, bottom }: { x: number; step: number; bottom: number },
): Markup | null {
  const height = heights[index];
  if (height === undefined) return null;
  const reduced = kind === 'bits' && height < 1 ? ' reduced' : '';
  const bar = height * barHeight;
  return html`<rect class="${kind}${reduced}" x="${fixed(x + step * 0.15)}" y="${fixed(bottom - bar)}" width="${fixed(step * 0.7)}" height="${fixed(bar)}"/>
`;
}

function fixed(value: number): string {
  return value.toFixed(2);
}
