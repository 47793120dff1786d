import type { PairedDifference } from '../../../calibrate/evaluate/pairedBootstrap.js';
import type { Cost } from './measured.js';

/** What one tool reached on one draw of calibration frames. */
export interface Outcome extends Cost {
  readonly seed: number;
  readonly AP: number;
  /** Of the quantized detector to the float one, on the same images. */
  readonly toFloat: PairedDifference;
  /** Agreement mAP with the float detector on unseen frames, 0..1. */
  readonly agreement: number | null;
  readonly sizeBytes: number;
}

export const tableHead = [
  '| | W/A bits | AP | AP - float [95 %] | agreement | MB | CPU s | peak MB |',
  '|---|---|---|---|---|---|---|---|',
].join('\n');

/** Returns a table's row of one tool, its draws side by side; size and cost are means over them. */
export function tableRow(label: string, weightBits: number, outcomes: readonly Outcome[]): string {
  const mean = (value: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + value(outcome), 0) / outcomes.length;
  const cells = [
    label,
    `${weightBits}/8`,
    outcomes.map(({ AP }) => percent(AP)).join(' / '),
    outcomes.map(({ toFloat }) => differenceText(toFloat)).join(' / '),
    outcomes.map(({ agreement }) => (agreement === null ? '–' : percent(agreement))).join(' / '),
    (mean(({ sizeBytes }) => sizeBytes) / 1e6).toFixed(2),
    mean(({ cpuSeconds }) => cpuSeconds).toFixed(1),
    (mean(({ peakRssBytes }) => peakRssBytes) / 1e6).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Returns a difference of AP with its 95 % interval, in points. */
export function differenceText({ difference, interval95 }: PairedDifference): string {
  const { low, high } = interval95;
  return `${difference < 0 ? '' : '+'}${percent(difference)} [${percent(low)}, ${percent(high)}]`;
}

export function percent(ratio: number): string {
  return (100 * ratio).toFixed(2);
}
