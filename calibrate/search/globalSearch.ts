import { allP, indexOfP, type PIndex } from '../quantize/lpMetric.js';
import { runGraph, type Workbench } from '../workbench/workbench.js';
import { beatsByOneStandardError, mean } from './paired.js';
import { everywhere, odolByImage, quantizedGraph, type SearchProblem } from './problem.js';

/** Images, half of all at most, that every p is tried on. */
const screeningImages = 8;
/** Of the p tried, so many go on to all images, and p = 2 with them. */
const finalists = 2;

/** Sets the loss's lambda, so that its two parts weigh alike in the network quantized with p = 2. */
export async function balanceLoss(workbench: Workbench, problem: SearchProblem): Promise<void> {
  const { odol, inputs } = problem;
  const quantized = quantizedGraph(problem, everywhere(problem, indexOfP(2)));
  odol.balance(await runGraph(workbench, quantized, inputs, (outputs, image) => odol.terms(image, outputs)));
}

export interface GlobalSearch {
  /** The chosen p: of the finalists that the one of the lowest ODOL does not beat by one standard error, the nearest to 2. */
  readonly best: PIndex;
  /** Mean ODOL over the screening images, by position in `pValues`. */
  readonly screened: readonly number[];
  /** Mean ODOL over all images, of the finalists. */
  readonly odols: ReadonlyMap<PIndex, number>;
}

/**
 * Chooses one p for all layers alike: the honest control that a p per layer has to beat (detptq.md 5.4). All p are tried
 * on a few images, and the best of them compared with p = 2 on all.
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
  const { inputs } = problem;
  const screening = inputs.slice(0, Math.min(screeningImages, Math.ceil(inputs.length / 2)));
  const odolsOf = (p: PIndex, images = inputs) =>
    odolByImage(workbench, { ...problem, inputs: images }, everywhere(problem, p));
  const screened: number[] = [];
  for (const p of allP) {
    onP(p);
    screened.push(mean(await odolsOf(p, screening)));
  }

  const usual = indexOfP(2);
  const leading = [...allP].sort((a, b) => screened[a]! - screened[b]!).slice(0, finalists);
  const odols = new Map<PIndex, readonly number[]>();
  for (const p of new Set([usual, ...leading])) odols.set(p, await odolsOf(p));
  const means = new Map([...odols].map(([p, byImage]) => [p, mean(byImage)]));
  const [lowest] = [...odols.keys()].sort((a, b) => means.get(a)! - means.get(b)!);
  const [best] = [...odols.keys()]
    .filter((p) => !beatsByOneStandardError(odols.get(lowest!)!, odols.get(p)!))
    .sort((a, b) => Math.abs(a - usual) - Math.abs(b - usual));
  return { best: best!, screened, odols: means };
}
