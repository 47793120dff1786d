import { namedControls } from '../../calibrate/report/controls.js';
import { type ComparisonReport, nothingToDo, type QuantizeReport } from '../../calibrate/report.js';
import { durationText } from './progress.js';
import { tableText } from './table.js';

/** Returns a report for people: controls, stages, what was chosen, what has to be known, and the cost. */
export function quantizeReportText(report: QuantizeReport): string {
  const { model, recipe, bits, total } = report;
  return [
    `${model}: W${bits.weight}A${bits.activation}, recipe ${recipe}, * is what was written`,
    '',
    controlsTable(report),
    '',
    stagesTable(report),
    '',
    ...facts(report).map((fact) => `- ${fact}`),
    `${total.passes.toFixed(1)} passes, ${durationText(total.seconds)}, peak memory ${(total.peakRssBytes / 1e6).toFixed(0)} MB`,
  ].join('\n');
}

function controlsTable(report: QuantizeReport): string {
  const rows = namedControls(report).map((control) => [
    control.isChosen ? `${control.name} *` : control.name,
    control.p === null ? 'per layer' : String(control.p),
    control.odolSearch?.toPrecision(3) ?? '–',
    control.odol.toPrecision(3),
    control.agreement.toFixed(4),
    `${control.agreementInterval.low.toFixed(3)}..${control.agreementInterval.high.toFixed(3)}`,
    control.f1.toFixed(3),
    String(control.lost),
    String(control.ghosts),
  ]);
  return tableText(
    [
      ['control', 'left'],
      ['p', 'right'],
      ['ODOL, search', 'right'],
      ['ODOL, held out', 'right'],
      ['agreement mAP', 'right'],
      ['95 %', 'right'],
      ['F1', 'right'],
      ['lost', 'right'],
      ['ghosts', 'right'],
    ],
    rows,
  );
}

function stagesTable({ stages }: QuantizeReport): string {
  const rows = stages.map(({ name, odol, agreement, passes, seconds, kept, reason }) => [
    name,
    odol.toPrecision(3),
    agreement.toFixed(4),
    passes.toFixed(1),
    seconds.toFixed(1),
    kept || reason === nothingToDo ? reason : `left out: ${reason}`,
  ]);
  return tableText(
    [
      ['stage', 'left'],
      ['ODOL', 'right'],
      ['agreement mAP', 'right'],
      ['passes', 'right'],
      ['s', 'right'],
      ['why', 'left'],
    ],
    rows,
  );
}

function facts({ engine, comparisons, served, labelled, latency, size, notes }: QuantizeReport): string[] {
  const pair = comparisons.find(({ of, against }) => of === 'perLayerP' && against === 'bestGlobalP');
  return [
    ...(pair ? [`a p per layer less the best single p: ${differencesText(pair)}`] : []),
    ...(served
      ? [
          `held-out ODOL ${served.odolSearched.toPrecision(3)} of the searched graph (${engine}), ${served.odolWritten.toPrecision(3)} of the file and ${served.odolServed.toPrecision(3)} in the form that serves (${latency?.engine ?? engine})`,
        ]
      : []),
    ...(labelled
      ? [
          `mAP on ${labelled.n} labelled images ${labelled.float.toFixed(4)} in float, ${labelled.quantized.toFixed(4)} quantized`,
        ]
      : []),
    ...(latency
      ? [
          `inference ${latency.floatMs.toFixed(2)} ms in float, ${latency.quantizedMs.toFixed(2)} ms quantized (${latency.engine}, threads: ${latency.threads}${latency.lowering === undefined ? '' : `; ${latency.lowering}`})`,
          ...(latency.plainMs === undefined
            ? []
            : [`without what stages add ${latency.plainMs.toFixed(2)} ms`]),
        ]
      : []),
    ...(size
      ? [
          `file ${(size.floatBytes / 1e6).toFixed(2)} MB in float, ${(size.quantizedBytes / 1e6).toFixed(2)} MB quantized`,
        ]
      : []),
    ...notes,
  ];
}

function differencesText({ odol, agreement }: ComparisonReport): string {
  const odols = `ODOL ${odol.difference.toPrecision(3)} (95 %: ${odol.low.toPrecision(3)} to ${odol.high.toPrecision(3)})`;
  const agreements = `agreement ${agreement.difference.toFixed(4)} (95 %: ${agreement.low.toFixed(4)} to ${agreement.high.toFixed(4)})`;
  return `${odols}, ${agreements}`;
}
