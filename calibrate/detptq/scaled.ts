import { z } from 'zod';
import type { Graph } from '../../runtime/graph/graph.js';
import { beatsByOneStandardError, mean } from '../search/paired.js';
import { type Scaling, scaleInputs } from '../stages/inputScaling/scaleInputs.js';
import { selfGatedProducts } from '../stages/inputScaling/selfGated.js';
import type { Course, Standing } from './course.js';
import type { Journal } from './journal.js';
import { replanned } from './network.js';

/**
 * Strengths that are tried, by how wide the weights will be. At 8 bits, where activations lose the most, 0.25 never was the best, over four
 * detectors and three draws. Rounded to 4 bits, no network bore 0.75, and the ODOL before reconstruction, of detections that are all
 * lost, does not tell.
 *
 * What depthwise convolutions alone read, whose weights keep 8 bits, comes to fill its grid at any strength. Behind SiLUs that is
 * done below 8 bits only, where 0.5 would be its most: YOLOX-Nano loses 11 and 24 % less there after reconstruction (two draws). With weights of 8 bits
 * it loses 85 % more in one draw of two, as fewer factors then seem to do, and 4 % less in the other.
 */
const strengths = { wide: [0.5, 0.75], narrow: [0.25, 0.5] };
/**
 * Least spreads of the factors through self-gated activations that are tried, in octaves. Of the multiplies of YOLOX-Nano's 104 SiLUs the last three
 * leave a third, two thirds and seven eighths away, of YOLOv8n's 57 the first two 36 and 70 %.
 */
const leastSpreads = [0.3, 0.5, 0.8, 1.2];
/**
 * By how much leaving them away may raise the loss, where it does so beyond one standard error: on YOLOX-Nano all of them are a third of the time in
 * LiteRT.
 */
const worthOfTime = 0.1;
/** Images that choose. */
const choosingImages = 16;
/** Share of the loss by rounding weights below 8 bits that reconstruction leaves, about: it was 0.07 to 0.4. */
const roundingLeft = 0.15;

const scalingSchema = z.strictObject({ strength: z.number(), leastSpread: z.number() });

/**
 * Returns the network with its activations' channels scaled, at the strength of the lowest ODOL on some of the search
 * frames: how much the weights can bear differs between networks, and with their bits. Below 8 bits, what rounding does to
 * the weights counts only as far as their reconstruction will not mend it. Of the factors that cost time, as many are left away as hardly
 * raise that ODOL. `null` when nothing can be scaled.
 *
 * @param options.weightBits that the weights will have in the end
 * @param options.peaks how far the network's channels reach
 * @param options.journal gets the choice
 */
export async function scaled(
  course: Course,
  standing: Standing,
  {
    weightBits,
    peaks,
    journal,
  }: {
    readonly weightBits: number;
    readonly peaks: ReadonlyMap<string, Float32Array>;
    readonly journal: Journal;
  },
): Promise<Standing | null> {
  const { graph, plan } = standing.network;
  const isNarrow = weightBits < plan.bits.weightBits;
  const scaledBy = (scaling: Scaling) => scaleInputs(graph, peaks, { ...scaling, fillsGated: isNarrow });
  const chosen = await journal.once('scaling/chosen', scalingSchema.nullable(), async () => {
    const memo = journal.memo('scaling/loss');
    const lossOf = (scaling: Scaling) =>
      memo(`${scaling.strength}/${scaling.leastSpread ?? 0}`, z.array(z.number()), () =>
        lossOfScaled(course, standing, { weightBits, graph: scaledBy(scaling) }),
      );
    const tried = isNarrow ? strengths.narrow : strengths.wide;
    if (scaledBy({ strength: tried[0]! }) === graph) return null;
    const { strength, losses } = await bestStrength(tried, lossOf);
    const isFree = selfGatedProducts(graph).size === 0;
    const leastSpread = isFree ? 0 : await worthwhileSpread({ strength, losses }, lossOf);
    return { strength, leastSpread };
  });
  const rewritten = chosen && scaledBy(chosen);
  if (rewritten === null || rewritten === graph) return null;
  const network = await course.observed(rewritten, plan.bits);
  return { network, pOfLayer: standing.pOfLayer };
}

/** By image. */
type LossOf = (scaling: Scaling) => Promise<readonly number[]>;

interface Strength {
  readonly strength: number;
  readonly losses: readonly number[];
}

async function bestStrength(tried: readonly number[], lossOf: LossOf): Promise<Strength> {
  const all: Strength[] = [];
  for (const strength of tried) all.push({ strength, losses: await lossOf({ strength }) });
  return all.reduce((best, one) => (mean(one.losses) < mean(best.losses) ? one : best));
}

/** Returns the largest least spread at which the loss is hardly higher than without, or 0; found by bisection. */
async function worthwhileSpread({ strength, losses }: Strength, lossOf: LossOf): Promise<number> {
  let [worthwhile, beyond] = [-1, leastSpreads.length];
  while (beyond - worthwhile > 1) {
    const middle = (worthwhile + beyond) >> 1;
    const without = await lossOf({ strength, leastSpread: leastSpreads[middle]! });
    const isHigher =
      mean(without) > (1 + worthOfTime) * mean(losses) && beatsByOneStandardError(losses, without);
    if (isHigher) beyond = middle;
    else worthwhile = middle;
  }
  return leastSpreads[worthwhile] ?? 0;
}

/** @param options.graph the standing's, scaled */
async function lossOfScaled(
  course: Course,
  { network: { plan }, pOfLayer }: Standing,
  { weightBits, graph }: { readonly weightBits: number; readonly graph: Graph },
): Promise<readonly number[]> {
  const network = await course.observed(graph, plan.bits, { images: choosingImages });
  const odols = await course.odolByImage({ network, pOfLayer }, choosingImages);
  if (weightBits === plan.bits.weightBits) return odols;
  const narrow = { network: replanned(network, { ...plan.bits, weightBits }), pOfLayer };
  const ofNarrow = await course.odolByImage(narrow, choosingImages);
  return odols.map((odol, image) => odol + roundingLeft * (ofNarrow[image]! - odol));
}
