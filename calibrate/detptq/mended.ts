import { z } from 'zod';
import type { Engine } from '../../runtime/engines/engine.js';
import { isRefusal } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { everywhere } from '../search/problem.js';
import { floatIslands } from '../stages/floatIslands.js';
import { mendPreActivations, sensitivePreActivations } from '../stages/preActivations.js';
import type { Course, JudgedStanding, Standing } from './course.js';
import type { RunOptions } from './runStages.js';

/** Images that tell which pre-activation grids hurt. */
const sensitivityImages = 16;

const findingsSchema = z.array(
  z.strictObject({ tensors: z.array(z.string()).readonly(), remedy: z.enum(['split', 'float']) }),
);

type Findings = z.infer<typeof findingsSchema>;

/**
 * Returns what stands after the pre-activation grids that hurt were mended: first where that can be had int8 throughout,
 * then, judged apart because it may cost much more time, by layers in float, unless it is those that keep the engine which is
 * to serve from running the network.
 */
export async function mended(
  course: Course,
  before: JudgedStanding,
  { journal, engine, servingEngine = engine }: Pick<RunOptions, 'journal' | 'engine' | 'servingEngine'>,
): Promise<JudgedStanding> {
  const { network, pOfLayer } = before;
  const memo = journal.memo('preActivations/without');
  const options = { pOfLayer, distributions: network.distributions, images: sensitivityImages, memo };
  const found = await journal.once('preActivations/found', findingsSchema, () =>
    sensitivePreActivations(course.workbench, course.problemOf(network), options),
  );
  const standing = await course.decide('preActivations', before, await split(course, before, found));
  const islands = await floated(course, standing, found);
  if (islands === null) return standing;
  const isServed = await journal.once('floatIslands/served', z.boolean(), async () => {
    if (servingEngine === engine) return true;
    return (
      (await runs(servingEngine, course.graphOf(islands))) ||
      !(await runs(servingEngine, course.graphOf(standing)))
    );
  });
  return isServed
    ? course.decide('floatIslands', standing, islands)
    : course.leave(
        'floatIslands',
        standing,
        `${servingEngine.name}, which is to serve, refuses these layers in float`,
      );
}

async function runs(engine: Engine, graph: Graph): Promise<boolean> {
  try {
    const session = await engine.load(graph);
    await session.dispose();
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return false;
  }
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
