import { z } from 'zod';
import { type ReconstructedLayer, reconstructLayers } from '../stages/reconstruct.js';
import { codesSchema, encodeCodes, encodeFloats, floatsSchema } from './arrayText.js';
import type { Course, Standing } from './course.js';
import type { Stage } from './recipe.js';
import type { RunOptions } from './runStages.js';

/**
 * Returns the network with its layers rebuilt, as far as `runs` has rounding and moments, going on from the journal where it
 * has layers; `null` when it has neither.
 *
 * @param options.name of the stage, for the journal
 */
export async function reconstructed(
  course: Course,
  { network, pOfLayer }: Standing,
  options: RunOptions & { name: string; runs: ReadonlySet<Stage> },
): Promise<Standing | null> {
  const { name, runs, journal, seed, onProgress, rebuildingEngine: engine = options.engine } = options;
  const [rounding, moments] = [runs.has('rounding'), runs.has('moments')];
  if (!rounding && !moments) return null;
  const stepName = (layer: number) => `${name}/${layer}`;
  const total = network.plan.layers.length;
  const workbench = { ...course.workbench, engine };
  const table = await reconstructLayers(workbench, course.problemOf(network), {
    ...{ pOfLayer, rounding, moments, seed },
    known: (layer) => journal.recorded(stepName(layer), layerSchema),
    onLayer: async (layer, decided) => {
      await journal.record(stepName(layer), layerText(decided));
      onProgress?.({ step: 'reconstruction', done: layer + 1, total });
    },
  });
  return { network: { ...network, table }, pOfLayer };
}

const layerSchema = z
  .strictObject({
    weights: z.strictObject({ dims: z.array(z.int()), codes: codesSchema, scales: floatsSchema }).nullable(),
    correction: z.strictObject({ gain: floatsSchema, offset: floatsSchema }).nullable(),
  })
  .transform(
    ({ weights, correction }): ReconstructedLayer => ({
      weights: weights ?? undefined,
      correction: correction ?? undefined,
    }),
  );

function layerText({ weights, correction }: ReconstructedLayer) {
  return {
    weights: weights
      ? { dims: weights.dims, codes: encodeCodes(weights.codes), scales: encodeFloats(weights.scales) }
      : null,
    correction: correction
      ? { gain: encodeFloats(correction.gain), offset: encodeFloats(correction.offset) }
      : null,
  };
}
