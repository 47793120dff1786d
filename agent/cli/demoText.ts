import type { DemoResult, DemoSide } from '../demo/demoResult.js';
import { megabytes, milliseconds, percent } from '../demo/wording.js';
import { tableText } from './table.js';

/** Returns what came of the demo, for people. */
export function demoText({ steps, before, after, swap, pictures }: DemoResult): string {
  const table = tableText(
    [
      ['', 'left'],
      ['before', 'right'],
      ['after', 'right'],
    ],
    [
      ...rows.map(([title, of]) => [title, of(before), of(after)]),
      ['agreement mAP', '', percent(after.agreementMap)],
    ],
  );
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  return [
    table,
    '',
    `${swap.requests} requests all the while: ${swap.failed} failed, ${swap.mixed} mixed up two detectors.`,
    `For ${milliseconds(swap.gapMs)} of the swap no request could get a detector. The demo took ${seconds.toFixed(0)} s.`,
    `The search read its pictures ${after.search.passes.toFixed(0)} times and chose ${choice(after.search.chosen)}.`,
    `Pictures: ${pictures}`,
  ].join('\n');
}

function choice(chosen: string): string {
  return chosen === 'perLayerP' ? 'a p for each layer' : 'one p for all layers';
}

const rows: readonly (readonly [title: string, of: (side: DemoSide) => string])[] = [
  ['detector', ({ model }) => `${model.name}@${model.version}`],
  ['arithmetic', ({ model }) => model.precision],
  ['weights', ({ sizeBytes }) => megabytes(sizeBytes)],
  ['mAP', ({ mAP }) => (mAP === null ? '-' : percent(mAP))],
  ['AP50', ({ AP50 }) => (AP50 === null ? '-' : percent(AP50))],
  ['inference, median', ({ latencyMs }) => milliseconds(latencyMs.p50)],
  ['inference, 95 %', ({ latencyMs }) => milliseconds(latencyMs.p95)],
  ['answer, median', ({ answerMs }) => milliseconds(answerMs.p50)],
  ['answer, 95 %', ({ answerMs }) => milliseconds(answerMs.p95)],
];
