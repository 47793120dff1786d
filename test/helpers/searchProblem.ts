import { planQuantization } from '../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../calibrate/quantize/prepareGraph.js';
import { buildScaleTable } from '../../calibrate/quantize/scaleTable.js';
import { balanceLoss } from '../../calibrate/search/globalSearch.js';
import { Odol } from '../../calibrate/search/odol.js';
import type { SearchProblem } from '../../calibrate/search/problem.js';
import { prepareImages } from '../../calibrate/workbench/images.js';
import { observe } from '../../calibrate/workbench/observe.js';
import { PassCounter, type Workbench } from '../../calibrate/workbench/workbench.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { pyramidDetector, pyramidFrames } from './pyramidDetector.js';

/** Returns a workbench on onnxruntime; a node counts as one MAC. */
export function workbench(signal?: AbortSignal): Workbench {
  const macsOf: Workbench['macsOf'] = ({ nodes }) => nodes.length;
  return { engine: onnxruntimeEngine, threads: 1, counter: new PassCounter(1), macsOf, signal };
}

/** Returns the search of the pyramid detector's p, observed on a few pictures, its ODOL balanced. */
export async function pyramidProblem({
  weightBits = 4,
  activationBits = 4,
  images = 6,
}: {
  weightBits?: number;
  activationBits?: number;
  images?: number;
} = {}): Promise<SearchProblem> {
  const { graph: original, manifest } = pyramidDetector();
  const graph = prepareGraph(original);
  const plan = planQuantization(graph, { weightBits, activationBits });
  const detector = await loadDetector({ manifest, graph }, onnxruntimeEngine);
  try {
    const set = await prepareImages(detector, await pyramidFrames(images), undefined);
    const observation = await observe(workbench(), { graph, plan }, set);
    const odol = new Odol(detector.head);
    for (const outputs of observation.outputs) odol.addReference(outputs);
    const table = buildScaleTable(graph, plan, observation.distributions);
    const problem = { graph, plan, table, odol, inputs: set.inputs };
    await balanceLoss(workbench(), problem);
    return problem;
  } finally {
    await detector.dispose();
  }
}
