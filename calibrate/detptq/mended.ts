import { z } from 'zod';
import { everywhere } from '../search/problem.js';
import { floatIslands } from '../stages/floatIslands.js';
import { mendPreActivations, sensitivePreActivations } from '../stages/preActivations.js';
import type { Course, JudgedStanding, Standing } from './course.js';
import type { Journal } from './journal.js';

/** Images that tell which pre-activation grids hurt. */
const sensitivityImages = 16;

const findingsSchema = z.array(
  z.strictObject({ tensors: z.array(z.string()), remedy: z.enum(['split', 'float']) }),
);

type Findings = z.infer<typeof findingsSchema>;

/**
 * Returns what stands after the pre-activation grids that hurt were mended: first where that can be had int8 throughout,
 * then, judged apart because it may cost much more time, by layers in float.
 */
export async function mended(
  course: Course,
  before: JudgedStanding,
  journal: Journal,
): Promise<JudgedStanding> {
  const { network, pOfLayer } = before;
  const options = { pOfLayer, distributions: network.distributions, images: sensitivityImages };
  const found = await journal.once('preActivations/found', findingsSchema, async () => {
    const all = await sensitivePreActivations(course.workbench, course.problemOf(network), options);
    return all.map(({ tensors, remedy }) => ({ tensors: [...tensors], remedy }));
  });
  const standing = await course.decide('preActivations', before, await split(course, before, found));
  const islands = await floated(course, standing, found);
  return islands ? course.decide('floatIslands', standing, islands) : standing;
}

async function split(
  course: Course,
  { network: { graph, plan }, pOfLayer }: Standing,
  found: Findings,
): Promise<Standing | null> {
  if (!found.some(({ remedy }) => remedy === 'split')) return null;
  const rewritten = await course.observed(mendPreActivations(graph, found), plan.bits);
  return { network: rewritten, pOfLayer: everywhere(rewritten, pOfLayer[0]!) };
}

async function floated(
  course: Course,
  { network: { graph, plan }, pOfLayer }: Standing,
  found: Findings,
): Promise<Standing | null> {
  const floatTensors = floatIslands(graph, found);
  if (floatTensors.size === 0) return null;
  return { network: await course.observed(graph, { ...plan.bits, floatTensors }), pOfLayer };
}
