import { scaleInputs } from '../stages/inputScaling/scaleInputs.js';
import { scalingTensors } from '../stages/inputScaling/scalingFactors.js';
import { channelMaxima } from '../workbench/channelMaxima.js';
import type { Course, Standing } from './course.js';

/** Strengths that are tried: from leaving most to the activations' grids to nearly filling them. */
const strengths = [0.25, 0.5, 0.75];
/** Images that choose among them. */
const choosingImages = 16;

/**
 * Returns the network with its activations' channels scaled, at the strength of the lowest ODOL on some of the search
 * frames: how much the weights can bear differs between networks. `null` when nothing can be scaled.
 */
export async function scaled(course: Course, { network, pOfLayer }: Standing): Promise<Standing | null> {
  const { graph, plan } = network;
  const tensors = scalingTensors(graph);
  const maxima = await channelMaxima(course.workbench, graph, { inputs: course.images.inputs, tensors });
  let best = { graph, odol: Number.POSITIVE_INFINITY };
  for (const strength of strengths) {
    const rewritten = scaleInputs(graph, maxima, { throughSilu: true, strength });
    if (rewritten === graph) return null;
    const tried = await course.observed(rewritten, plan.bits, choosingImages);
    const odol = await course.odolSearch({ network: tried, pOfLayer }, choosingImages);
    if (odol < best.odol) best = { graph: rewritten, odol };
  }
  return { network: await course.observed(best.graph, plan.bits), pOfLayer };
}
