import type {
  ComparedName,
  ComparisonReport,
  ControlName,
  ControlReport,
  QuantizeReport,
} from '../report.js';
import {
  compareJudgements,
  judgementIntervals,
  type ResampledJudgement,
  resampleJudgement,
} from './compareJudgements.js';
import type { Judgement } from './judge.js';

/** One way of choosing p, as it was measured. */
export interface JudgedControl {
  readonly p: ControlReport['p'];
  /** Over the search frames; `null` when it was not measured. */
  readonly odolSearch: number | null;
  readonly judgement: Judgement;
}

export interface JudgedRun {
  readonly controls: Readonly<Record<Exclude<ControlName, 'perLayerP'>, JudgedControl>> & {
    /** `null` when the recipe has no per-layer search. */
    readonly perLayerP: JudgedControl | null;
  };
  readonly chosen: QuantizeReport['chosen'];
  /** What is exported, where stages beyond the controls changed the chosen one; else `null`. */
  readonly exported: JudgedControl | null;
}

/**
 * Returns the part of a report that says how what was exported compares with what it has to beat: every control with
 * its intervals, and paired differences of the per-layer p to each other control and of what was exported to every one.
 */
export function controlReports({
  controls,
  chosen,
  exported,
}: JudgedRun): Pick<QuantizeReport, 'controls' | 'chosen' | 'exported' | 'comparisons'> {
  const judged = new Map<ComparedName, ResampledControl>();
  for (const name of Object.keys(controls) as ControlName[]) {
    if (controls[name]) judged.set(name, resampledControl(controls[name]));
  }
  if (exported) judged.set('exported', resampledControl(exported));
  const reportOf = (name: ControlName) => judged.get(name)!.report;
  return {
    controls: {
      minmax: reportOf('minmax'),
      p2: reportOf('p2'),
      p2_4: reportOf('p2_4'),
      bestGlobalP: reportOf('bestGlobalP'),
      perLayerP: judged.get('perLayerP')?.report ?? null,
    },
    chosen,
    exported: judged.get('exported')?.report ?? null,
    comparisons: comparisons(judged, exported ? 'exported' : chosen),
  };
}

interface ResampledControl {
  readonly report: ControlReport;
  readonly resamples: ResampledJudgement;
}

function resampledControl({ p, odolSearch, judgement }: JudgedControl): ResampledControl {
  const resamples = resampleJudgement(judgement);
  const { odol, agreement, f1, lost, ghosts, meanIou } = judgement;
  const intervals = judgementIntervals(resamples);
  return { report: { p, odolSearch, odol, agreement, ...intervals, f1, lost, ghosts, meanIou }, resamples };
}

/** Each pair once: the per-layer p against each control, then what was exported against the rest. */
function comparisons(
  judged: ReadonlyMap<ComparedName, ResampledControl>,
  exported: ComparedName,
): ComparisonReport[] {
  const compared: ComparisonReport[] = [];
  const subjects = new Set((['perLayerP', exported] as const).filter((name) => judged.has(name)));
  for (const of of subjects) {
    for (const against of judged.keys()) {
      const isSeen = compared.some((earlier) => earlier.of === against && earlier.against === of);
      if (of === against || against === 'exported' || isSeen) continue;
      const figures = compareJudgements(judged.get(of)!.resamples, judged.get(against)!.resamples);
      compared.push({ of, against, ...figures });
    }
  }
  return compared;
}
