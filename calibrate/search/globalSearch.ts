import { indexOfP, type PIndex } from '../quantize/lpMetric.js';
import { runGraph, type Workbench } from '../workbench/workbench.js';
import { beatsByOneStandardError, mean } from './paired.js';
import { allP, everywhere, odolByImage, quantizedGraph, type SearchProblem } from './problem.js';

/** Sets the loss's lambda, so that its two parts weigh alike in the network quantized with p = 2. */
export async function balanceLoss(workbench: Workbench, problem: SearchProblem): Promise<void> {
  const { odol, inputs } = problem;
  const quantized = quantizedGraph(problem, everywhere(problem, indexOfP(2)));
  odol.balance(await runGraph(workbench, quantized, inputs, (outputs, image) => odol.terms(image, outputs)));
}

export interface GlobalSearch {
  /** The chosen p: of those that the p of the lowest ODOL does not beat by one standard error, the nearest to 2. */
  readonly best: PIndex;
  /** Mean ODOL over the images, by position in `pValues`. */
  readonly odols: readonly number[];
}

/**
 * Returns the ODOL of every p used for all layers alike: the honest control that a p per layer has to beat
 * (detptq.md 5.4).
 *
 * Neighbouring p often differ by less than the choice of frames does, so that the lowest ODOL is a draw among them;
 * the usual p = 2 is left only for a reason.
 *
 * @param onP called before each p is tried
 */
export async function searchGlobalP(
  workbench: Workbench,
  problem: SearchProblem,
  onP: (p: PIndex) => void,
): Promise<GlobalSearch> {
  const odolsOfP: number[][] = [];
  for (const p of allP) {
    onP(p);
    odolsOfP.push(await odolByImage(workbench, problem, everywhere(problem, p)));
  }
  const odols = odolsOfP.map(mean);
  const lowest = odolsOfP[odols.indexOf(Math.min(...odols))]!;
  const usual = indexOfP(2);
  const [best] = allP
    .filter((p) => !beatsByOneStandardError(lowest, odolsOfP[p]!))
    .sort((a, b) => Math.abs(a - usual) - Math.abs(b - usual));
  return { best: best!, odols };
}
