import { agreementFigures } from '../evaluate/agreement.js';
import {
  type Interval,
  interval95,
  pairedResamples,
  type Resampled,
  resampleImages,
} from '../evaluate/bootstrap.js';
import type { ComparisonReport, Difference } from '../report.js';
import type { Judgement } from './judge.js';

/** Enough for the 2.5th percentile of draws; half a second for 32 frames of 80 classes with 1000. */
const resamples = 500;

type Figure = 'odol' | 'agreement' | 'f1' | 'lost' | 'ghosts';

/** A judgement's figures on other draws of the same frames. */
export type ResampledJudgement = Readonly<Record<Figure, Resampled>>;

/**
 * Returns the figures of a judgement with what they would be on other draws of its frames: the same draws for all
 * judgements of the same frames.
 */
export function resampleJudgement({ odols, matches }: Judgement): ResampledJudgement {
  return resampleImages(
    (weights) => {
      const { agreementMap, f1, lost, ghosts } = agreementFigures(matches, weights);
      return { odol: weightedMean(odols, weights), agreement: agreementMap, f1, lost, ghosts };
    },
    { numImages: odols.length, resamples },
  );
}

/** Returns how much higher each figure of `candidate` is than that of `baseline`, with 95 % intervals. */
export function compareJudgements(
  candidate: ResampledJudgement,
  baseline: ResampledJudgement,
): Omit<ComparisonReport, 'of' | 'against'> {
  const of = (figure: Figure): Difference => {
    const difference = pairedResamples(candidate[figure], baseline[figure]);
    return { difference: difference.value, ...interval95(difference) };
  };
  return {
    odol: of('odol'),
    agreement: of('agreement'),
    f1: of('f1'),
    lost: of('lost'),
    ghosts: of('ghosts'),
  };
}

/** Returns the 95 % intervals of a judgement's own figures, kept where such figures can lie. */
export function judgementIntervals({ odol, agreement }: ResampledJudgement): {
  readonly odolInterval: Interval;
  readonly agreementInterval: Interval;
} {
  return {
    odolInterval: within(interval95(odol), Number.POSITIVE_INFINITY),
    agreementInterval: within(interval95(agreement), 1),
  };
}

function within({ low, high }: Interval, limit: number): Interval {
  return { low: Math.min(limit, Math.max(0, low)), high: Math.min(limit, Math.max(0, high)) };
}

function weightedMean(values: readonly number[], weights: Uint16Array | undefined): number {
  const total = values.reduce((sum, value, image) => sum + value * (weights?.[image] ?? 1), 0);
  return total / values.length;
}
