import type { ValueDistribution } from '../../calibrate/quantize/histogram.js';
import { planQuantization } from '../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../calibrate/quantize/prepareGraph.js';
import { buildScaleTable } from '../../calibrate/quantize/scaleTable.js';
import { withNarrowViews } from '../../calibrate/quantize/withNarrowViews.js';
import { balanceLoss } from '../../calibrate/search/globalSearch.js';
import { Odol } from '../../calibrate/search/odol.js';
import type { SearchProblem } from '../../calibrate/search/problem.js';
import { prepareImages } from '../../calibrate/workbench/images.js';
import { observe } from '../../calibrate/workbench/observe.js';
import { TensorStore } from '../../calibrate/workbench/tensorStore.js';
import { PassCounter, tensorsOf, type Workbench } from '../../calibrate/workbench/workbench.js';
import { createHead } from '../../runtime/detector/heads/createHead.js';
import { Processing } from '../../runtime/detector/processing.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { pyramidDetector, pyramidFrames } from './pyramidDetector.js';

/** Returns a workbench on onnxruntime; a node counts as one MAC. */
export function workbench(signal?: AbortSignal, store = new TensorStore()): Workbench {
  const macsOf: Workbench['macsOf'] = ({ nodes }) => nodes.length;
  return {
    engine: onnxruntimeEngine,
    threads: 1,
    runsInFlight: 2,
    counter: new PassCounter(1),
    macsOf,
    store,
    signal,
  };
}

/** A problem whose inputs are held. */
export interface PyramidProblem extends SearchProblem {
  /** By grid id. */
  readonly distributions: readonly ValueDistribution[];
  readonly inputs: readonly TensorMap[];
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
} = {}): Promise<PyramidProblem> {
  const { graph: original, manifest } = pyramidDetector();
  const graph = withNarrowViews(prepareGraph(original), { weightBits, activationBits });
  const plan = planQuantization(graph, { weightBits, activationBits });
  const processing = new Processing(manifest, createHead(manifest, graph));
  const set = await prepareImages(processing, await pyramidFrames(images), {
    shelf: new TensorStore().shelf(),
  });
  const odol = new Odol(processing.head);
  const onOutputs = odol.addReference.bind(odol);
  const distributions = await observe(workbench(), { graph, plan }, { ...set, onOutputs });
  const table = buildScaleTable(graph, plan, distributions);
  const inputs = await Promise.all(set.inputs.map(tensorsOf));
  const problem = { graph, plan, table, odol, inputs, distributions };
  await balanceLoss(workbench(), problem);
  return problem;
}
