import { z } from 'zod';
import type { Graph } from '../../runtime/graph/graph.js';
import { scaleInputs } from '../stages/inputScaling/scaleInputs.js';
import type { Course, Standing } from './course.js';
import type { Journal } from './journal.js';
import { replanned } from './network.js';

/**
 * Strengths that are tried, by how wide the weights will be. At 8 bits, where activations lose the most, 0.25 never was the best, over four
 * detectors and three draws. Rounded to 4 bits, no network bore 0.75, and the ODOL before reconstruction, of detections that are all
 * lost, does not tell.
 */
const strengths = { wide: [0.5, 0.75], narrow: [0.25, 0.5] };
/** Images that choose among them. */
const choosingImages = 16;
/** Share of the loss by rounding weights below 8 bits that reconstruction leaves, about: it was 0.07 to 0.4. */
const roundingLeft = 0.15;

/**
 * Returns the network with its activations' channels scaled, at the strength of the lowest ODOL on some of the search
 * frames: how much the weights can bear differs between networks, and with their bits. Below 8 bits, what rounding does to
 * the weights counts only as far as their reconstruction will not mend it. `null` when nothing can be scaled.
 *
 * @param options.weightBits that the weights will have in the end
 * @param options.peaks how far the network's channels reach
 * @param options.journal gets the strength
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
  const scaledBy = (strength: number) => scaleInputs(graph, peaks, { strength });
  const strength = await journal.once('scaling/strength', z.number().nullable(), () =>
    bestStrength(course, standing, { weightBits, scaledBy }),
  );
  if (strength === null) return null;
  const network = await course.observed(scaledBy(strength), plan.bits);
  return { network, pOfLayer: standing.pOfLayer };
}

async function bestStrength(
  course: Course,
  { network: { graph, plan }, pOfLayer }: Standing,
  { weightBits, scaledBy }: { weightBits: number; scaledBy: (strength: number) => Graph },
): Promise<number | null> {
  let best: { strength: number | null; loss: number } = { strength: null, loss: Number.POSITIVE_INFINITY };
  const isNarrow = weightBits < plan.bits.weightBits;
  for (const strength of isNarrow ? strengths.narrow : strengths.wide) {
    const rewritten = scaledBy(strength);
    if (rewritten === graph) return null;
    const network = await course.observed(rewritten, plan.bits, { images: choosingImages });
    const odol = await course.odolSearch({ network, pOfLayer }, choosingImages);
    let loss = odol;
    if (isNarrow) {
      const narrow = { network: replanned(network, { ...plan.bits, weightBits }), pOfLayer };
      loss += roundingLeft * ((await course.odolSearch(narrow, choosingImages)) - odol);
    }
    if (loss < best.loss) best = { strength, loss };
  }
  return best.strength;
}
