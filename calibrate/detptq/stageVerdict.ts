import type { StageReport } from '../report.js';
import { beatsByOneStandardError, mean, standardError } from '../search/paired.js';

/**
 * Returns whether a stage is kept, that is whether it lowers the mean ODOL by more than one standard error of the paired
 * differences, and the figures that decide it, as the report shows them.
 *
 * @param before ODOL by held-out image without the stage
 * @param after with it
 */
export function stageVerdict(
  before: readonly number[],
  after: readonly number[],
): Pick<StageReport, 'kept' | 'reason'> {
  const kept = beatsByOneStandardError(after, before);
  const differences = after.map((odol, image) => odol - before[image]!);
  const base = mean(before);
  const change = mean(differences) / base;
  if (!Number.isFinite(change)) {
    return { kept, reason: `changes the held-out ODOL from ${figure(base)} to ${figure(mean(after))}` };
  }
  const margin =
    before.length > 1
      ? `${percent(change)} ± ${percent(standardError(differences) / base)}`
      : `${percent(change)} on the only frame`;
  const direction = change < 0 ? 'lowers' : 'raises';
  if (kept || change > 0) return { kept, reason: `${direction} the held-out ODOL by ${margin}` };
  const doubt =
    change === 0 ? 'leaves the held-out ODOL as it is' : `lowers the held-out ODOL by ${margin} only`;
  return { kept, reason: `${doubt}: no gain beyond one standard error` };
}

/** Of percents. */
const leastShown = 1e-4;

function percent(ratio: number): string {
  const size = Math.abs(ratio) * 100;
  // Of frames that are all alike the differences are, but for float rounding.
  if (size < leastShown) return '0 %';
  return `${size < 10 ? size.toPrecision(2) : size.toFixed(0)} %`;
}

function figure(odol: number): string {
  return Number.isFinite(odol) ? odol.toPrecision(3) : 'no number';
}
