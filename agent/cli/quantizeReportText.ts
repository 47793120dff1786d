import type { ControlReport, QuantizeReport } from '../../calibrate/report.js';
import { durationText } from './progress.js';
import { tableText } from './table.js';

/** Returns a report for people: controls, stages, what was chosen, what has to be known, and the cost. */
export function quantizeReportText(report: QuantizeReport): string {
  const { model, recipe, bits, controls, stages, chosen, notes, total } = report;
  const controlRows = Object.entries(controls)
    .filter((entry): entry is [string, ControlReport] => entry[1] !== null)
    .map(([name, { p, odolSearch, odol, agreement }]) => [
      name === chosen ? `${name} *` : name,
      p === null ? 'per layer' : String(p),
      odolSearch.toPrecision(3),
      odol.toPrecision(3),
      agreement.toFixed(4),
    ]);
  const stageRows = stages.map(({ name, odol, agreement, passes, seconds }) => [
    name,
    odol.toPrecision(3),
    agreement.toFixed(4),
    passes.toFixed(1),
    seconds.toFixed(1),
  ]);
  return [
    `${model}: W${bits.weight}A${bits.activation}, recipe ${recipe}, * is what was written`,
    '',
    tableText(
      [
        ['control', 'left'],
        ['p', 'right'],
        ['ODOL, search', 'right'],
        ['ODOL, held out', 'right'],
        ['agreement mAP', 'right'],
      ],
      controlRows,
    ),
    '',
    tableText(
      [
        ['stage', 'left'],
        ['ODOL', 'right'],
        ['agreement mAP', 'right'],
        ['passes', 'right'],
        ['s', 'right'],
      ],
      stageRows,
    ),
    '',
    ...notes.map((note) => `- ${note}`),
    `${total.passes.toFixed(1)} passes, ${durationText(total.seconds)}, peak memory ${(total.peakRssBytes / 1e6).toFixed(0)} MB`,
  ].join('\n');
}
