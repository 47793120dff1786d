import { indexOfP, type PIndex } from '../quantize/lpMetric.js';
import type { OdolTerms } from './odol.js';
import { mean } from './paired.js';
import { allP, everywhere, quantizedGraph, type SearchProblem } from './problem.js';
import { runGraph, type Workbench } from './workbench.js';

export interface GlobalSearch {
  /** The single p with the lowest ODOL, the least of equals. */
  readonly best: PIndex;
  /** Mean ODOL over the images, by position in `pValues`. */
  readonly odols: readonly number[];
}

/**
 * Returns the ODOL of every p used for all layers alike: the honest control that a p per layer has to beat
 * (detptq.md 5.4). Sets the loss's lambda, so that its two parts weigh alike at p = 2.
 *
 * @param onP called before each p is tried
 */
export async function searchGlobalP(
  workbench: Workbench,
  problem: SearchProblem,
  onP: (p: PIndex) => void,
): Promise<GlobalSearch> {
  const { odol, inputs } = problem;
  const termsOfP: OdolTerms[][] = [];
  for (const p of allP) {
    onP(p);
    const quantized = quantizedGraph(problem, everywhere(problem, p));
    termsOfP.push(
      await runGraph(workbench, quantized, inputs, (outputs, image) => odol.terms(image, outputs)),
    );
  }
  odol.balance(termsOfP[indexOfP(2)]!);
  const odols = termsOfP.map((terms) => mean(terms.map((term) => odol.value(term))));
  return { best: odols.indexOf(Math.min(...odols)), odols };
}
