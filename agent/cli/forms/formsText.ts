import type { ChosenForms } from '../../../runtime/engines/loweringForms.js';
import { tableText } from '../table.js';
import type { FormComparison } from './compareForms.js';

/** What was measured of one engine. */
export interface EngineForms {
  readonly engine: string;
  /** Median time of an inference in ms in the forms that are chosen for this processor, by detector and threads. */
  readonly chosen: FormComparison['chosen'];
  /** Each other form by itself that is written otherwise; its time over that of those chosen. */
  readonly forms: FormComparison['results'];
  /** The quicker ones together; none where nothing is gained. */
  readonly quicker: ChosenForms;
  /** Their time over that of those chosen, measured anew; `null` without any. */
  readonly ratio: number | null;
}

/** Returns what was measured for people, one table for each engine. */
export function formsText(results: readonly EngineForms[], isKept: boolean): string {
  return (
    results.map((result) => engineText(result, isKept)).join('\n\n') || 'no engine has a choice of forms here'
  );
}

function engineText({ engine, chosen, forms, quicker, ratio }: EngineForms, isKept: boolean): string {
  const times = chosen.map(
    ({ model, threads, ms }) =>
      `${model} ${ms.toFixed(2)} ms on ${threads} thread${threads === 1 ? '' : 's'} in the forms chosen for this processor`,
  );
  const table = tableText(
    [
      ['choice', 'left'],
      ['form', 'left'],
      ['time', 'right'],
      ['outputs differ by', 'right'],
    ],
    forms.flatMap(({ forms: others, ratio: time, distance }) =>
      Object.entries(others).map(([choice, form]) => [
        ...[choice, form, time.toFixed(3)],
        `${(100 * distance).toFixed(2)} %`,
      ]),
    ),
  );
  return [engine, ...times, table, verdict({ quicker, ratio }, isKept)].join('\n');
}

function verdict({ quicker, ratio }: Pick<EngineForms, 'quicker' | 'ratio'>, isKept: boolean): string {
  if (Object.keys(quicker).length === 0) {
    const kept = isKept ? '; what was kept before is dropped' : '';
    return `nothing is quicker than what is chosen${kept}`;
  }
  const how = isKept
    ? 'kept: detectors are loaded so from the next start of the agent on'
    : 'detptq bench --lowering --keep has detectors loaded so';
  return `quicker: ${namesOf(quicker)}, together ${ratio?.toFixed(3)} of the time; ${how}`;
}

function namesOf(forms: ChosenForms): string {
  return Object.entries(forms)
    .map(([choice, form]) => `${choice} ${form}`)
    .join(', ');
}
