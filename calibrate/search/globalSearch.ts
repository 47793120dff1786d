import { z } from 'zod';
import { allP, indexOfP, type PIndex } from '../quantize/lpMetric.js';
import { runGraph, type Workbench } from '../workbench/workbench.js';
import { type Memo, noMemo } from './memo.js';
import { beatsByOneStandardError, mean } from './paired.js';
import { everywhere, odolByImage, quantizedGraph, type SearchProblem } from './problem.js';
import { unimodalWalk } from './unimodalWalk.js';

/** Images, half of all at most, on which the best p is sought. */
const screeningImages = 8;

/** Sets the loss's lambda, so that its two parts weigh alike in the network quantized with p = 2. */
export async function balanceLoss(workbench: Workbench, problem: SearchProblem): Promise<void> {
  const { odol, inputs } = problem;
  const quantized = quantizedGraph(problem, everywhere(problem, indexOfP(2)));
  odol.balance(await runGraph(workbench, quantized, inputs, (outputs, image) => odol.terms(image, outputs)));
}

/**
 * Chooses one p for all layers alike: the honest control that a p per layer has to beat (detptq.md 5.4). From p = 2 on it
 * goes up and down as long as the mean ODOL over a few images falls, and takes the best that it finds where that beats
 * p = 2 by one standard error on all images.
 *
 * Neighbouring p often differ by less than the choice of frames does, so that the lowest ODOL is a draw among them;
 * the usual p = 2 is left only for a reason.
 *
 * @param options.onP called before each p is tried
 * @param options.memo of the ODOL of each p
 */
export async function searchGlobalP(
  workbench: Workbench,
  problem: SearchProblem,
  { onP, memo = noMemo }: { readonly onP?: (p: PIndex) => void; readonly memo?: Memo } = {},
): Promise<PIndex> {
  const images = problem.inputs.length;
  const screening = Math.min(screeningImages, Math.ceil(images / 2));
  const odols = new Map<PIndex, readonly number[]>();
  const odolsOf = async (p: PIndex, to: number) => {
    const known = odols.get(p) ?? [];
    const rest = await memo(`${p}/${known.length}/${to}`, z.array(z.number()), () =>
      odolByImage(workbench, problem, everywhere(problem, p), { from: known.length, to }),
    );
    odols.set(p, [...known, ...rest]);
    return odols.get(p)!;
  };
  const usual = indexOfP(2);
  const lowest = await unimodalWalk(allP, usual, async (p) => {
    onP?.(p);
    return mean(await odolsOf(p, screening));
  });
  if (lowest === usual) return usual;
  const isBetter = beatsByOneStandardError(await odolsOf(lowest, images), await odolsOf(usual, images));
  return isBetter ? lowest : usual;
}
