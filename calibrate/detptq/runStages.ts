import { z } from 'zod';
import type { Graph } from '../../runtime/graph/graph.js';
import { indexOfP, pValues } from '../quantize/lpMetric.js';
import { withNarrowViews } from '../quantize/withNarrowViews.js';
import { balanceLoss, searchGlobalP } from '../search/globalSearch.js';
import type { TriedP } from '../search/layerSearch.js';
import { areAlike } from '../search/paired.js';
import { everywhere } from '../search/problem.js';
import { scalingTensors } from '../stages/inputScaling/scalingFactors.js';
import {
  layersToReadFinely,
  lowBitLayers,
  mostGaining,
  mostWidened,
  weightWideningGains,
} from '../stages/mixedPrecision.js';
import { ChannelPeaks } from '../workbench/channelPeaks.js';
import type { Course, JudgedStanding, Standing } from './course.js';
import type { Journal } from './journal.js';
import { mended } from './mended.js';
import { type Network, replanned } from './network.js';
import type { QuantizeOptions, QuantizeProgress } from './quantizeModel.js';
import { stagesOf, sweepsOfRecipe } from './recipe.js';
import { reconstructed } from './reconstructed.js';
import { retuned } from './retuned.js';
import { scaled } from './scaled.js';
import { sweepLayers } from './sweepLayers.js';

export interface StagesOutcome {
  /** The network with nothing done to it but rounding, at the bits asked for. */
  readonly plain: Network;
  /** `plain` with p = 2, `null` where it was not judged on the way. */
  readonly plainP2: JudgedStanding | null;
  /** After every stage but the choice of a p per layer. */
  readonly bestGlobalP: JudgedStanding;
  /** `null` when it was not searched. */
  readonly perLayerP: SearchedStanding | null;
  /** Which of the two won. */
  readonly chosen: JudgedStanding;
  /** The winner, or what re-tuning made of it. */
  readonly exported: JudgedStanding;
}

export interface SearchedStanding extends JudgedStanding {
  /** By layer index. */
  readonly tried: readonly (readonly TriedP[])[];
}

export type RunOptions = QuantizeOptions & { readonly journal: Journal };

/** Images that tell which layers' weights want more bits. */
const wideningImages = 8;

/**
 * Runs the stages that the options ask for on a float network.
 *
 * The network is rewritten first, and judged with weights of 8 bits, where the damage of a few grids can be seen: what fewer bits do
 * to the weights would drown it. Then it goes over to the bits asked for.
 */
export async function runStages(course: Course, float: Graph, options: RunOptions): Promise<StagesOutcome> {
  const { weightBits, activationBits, lowBitShare = 1, journal } = options;
  const bits = { weightBits, activationBits };
  const isWide = weightBits === 8;
  const runs = stagesOf(options);
  const report = reporter(options);

  report('observing');
  const wideBits = { weightBits: 8, activationBits };
  const graph = withNarrowViews(float, wideBits);
  const peaks = new ChannelPeaks(runs.has('scaling') ? scalingTensors(graph) : []);
  const wide = await course.observed(graph, wideBits, { peaks });
  await balanceLoss(course.workbench, course.problemOf(wide));
  course.logFloat();
  const first = await course.start(isWide ? 'p2' : 'p2 at 8 bits', wide);
  let standing = first;
  if (runs.has('scaling')) {
    report('scaling');
    const made = await scaled(course, standing, { ...options, peaks: peaks.peaks() });
    standing = await course.decide('scaling', standing, made);
  }
  if (runs.has('preActivations')) {
    report('pre-activations');
    standing = await mended(course, standing, options);
  }
  const rewritten = standing;
  if (!isWide) standing = await course.start('p2', replanned(rewritten.network, bits));

  const rebuild = (name: string, made: Standing) => reconstructed(course, made, { ...options, name, runs });
  const isLow = lowBitLayers(standing.network.plan).length > 0;
  if (isLow && (runs.has('rounding') || runs.has('moments'))) {
    standing = await course.decide('reconstruction', standing, await rebuild('reconstruction', standing));
  }
  if (isLow && runs.has('mixedPrecision') && lowBitShare < 1) {
    report('mixed-precision');
    // Weights count by their own ODOL, as they were rebuilt; finer inputs are worth little to layers that were rebuilt for coarse ones.
    const measured = activationBits < 8 ? rewritten : standing;
    const onTrial = (chosen: number, count: number) => report('mixed-precision', chosen, count);
    const mixed = await widened(course, standing, { ...bits, measured, lowBitShare, journal, onTrial });
    const made = mixed && ((await rebuild('mixedPrecision', mixed)) ?? mixed);
    standing = await course.decide('mixedPrecision', standing, made);
  }

  const problem = course.problemOf(standing.network);
  const best = await journal.once('globalP/best', z.int(), async () => {
    let tried = 0;
    const onP = () => report('global-p', tried++, pValues.length);
    return searchGlobalP(course.workbench, problem, { onP, memo: journal.memo('globalP/odol') });
  });
  const atBest = best === indexOfP(2) ? null : { ...standing, pOfLayer: everywhere(problem, best) };
  const rebuilt = atBest && isLow ? await rebuild('globalP', atBest) : null;
  standing = await course.decide('globalP', standing, rebuilt ?? atBest);
  if (!isLow && (runs.has('rounding') || runs.has('moments'))) {
    const name = runs.has('rounding') ? 'reconstruction' : 'moments';
    standing = await course.decide(name, standing, await rebuild(name, standing));
  }
  const bestGlobalP = standing;

  const perLayerP = runs.has('perLayerP') ? await searched(course, bestGlobalP, options) : null;
  const chosen = perLayerP ? better(course, bestGlobalP, perLayerP) : bestGlobalP;

  const onGrid = (done: number, total: number) => report('retune', done, total);
  const exported = runs.has('retune')
    ? await course.decide('retune', chosen, await retuned(course, chosen, { journal, onGrid }))
    : chosen;
  const plain = replanned(wide, bits);
  return { plain, plainP2: isWide ? first : null, bestGlobalP, perLayerP, chosen, exported };
}

/** One picture, however often, does not tell what a choice for every layer does on others. */
function better(course: Course, bestGlobalP: JudgedStanding, perLayerP: JudgedStanding): JudgedStanding {
  return areAlike(bestGlobalP.judgement.odols)
    ? course.leave('perLayerP', bestGlobalP, 'the held-out frames are all alike')
    : course.settle('perLayerP', bestGlobalP, perLayerP);
}

/**
 * Gives 8 bits to the layers that they help most; `null` when they help none.
 *
 * @param options.measured where it is measured what they help
 */
async function widened(
  course: Course,
  { network, pOfLayer }: Standing,
  {
    measured,
    lowBitShare,
    journal,
    onTrial,
    ...bits
  }: {
    measured: Standing;
    lowBitShare: number;
    journal: Journal;
    onTrial: (chosen: number, count: number) => void;
    weightBits: number;
    activationBits: number;
  },
): Promise<Standing | null> {
  const chosen = await journal.once('mixedPrecision/wide', z.array(z.string()), async () => {
    const problem = course.problemOf(measured.network);
    const wide = replanned(measured.network, { weightBits: 8, activationBits: 8 }).table;
    const memo = journal.memo('mixedPrecision/wide');
    const options = { pOfLayer: measured.pOfLayer, wide, memo };
    const count = mostWidened(network.plan, lowBitShare);
    const byInputs = () =>
      layersToReadFinely(course.workbench, problem, {
        ...options,
        count,
        onTrial: (done) => onTrial(done, count),
      });
    const byWeights = async () => {
      const measure = { ...options, images: wideningImages };
      return mostGaining(await weightWideningGains(course.workbench, problem, measure), count);
    };
    const layers = await (bits.activationBits < 8 ? byInputs() : byWeights());
    return layers.map((layer) => network.plan.layers[layer]!.weight);
  });
  if (chosen.length === 0) return null;
  const options = { ...bits, wideLayers: new Set(chosen), floatTensors: network.plan.floatTensors };
  if (bits.activationBits === 8) return { network: replanned(network, options), pOfLayer };
  return { network: await course.observed(network.graph, options), pOfLayer };
}

/** Searches one p per layer, from what stands. */
async function searched(
  course: Course,
  { network, pOfLayer }: Standing,
  options: RunOptions,
): Promise<SearchedStanding> {
  const report = reporter(options);
  const sweeps = sweepsOfRecipe[options.recipe];
  const total = sweeps * network.plan.layers.length;
  const found = await sweepLayers(course.workbench, course.problemOf(network), {
    sweeps,
    start: pOfLayer[0]!,
    journal: options.journal,
    onLayer: (done, tried) => {
      const [odol] = tried.map((one) => one.odol).toSorted((left, right) => left - right);
      report('layer-p', done, total, odol);
    },
  });
  return { ...(await course.judged({ network, pOfLayer: found.pOfLayer })), tried: found.tried };
}

function reporter({ onProgress }: QuantizeOptions) {
  return (step: QuantizeProgress['step'], done = 0, total = 1, odol?: number) =>
    onProgress?.({ step, done, total, ...(odol !== undefined && { odol }) });
}
