import type { PIndex } from '../../calibrate/quantize/lpMetric.js';
import type { ScaleTable } from '../../calibrate/quantize/scaleTable.js';
import { Odol } from '../../calibrate/search/odol.js';
import { quantizedGraph, type SearchProblem } from '../../calibrate/search/problem.js';
import { runGraph } from '../../calibrate/workbench/workbench.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { pyramidDetector } from './pyramidDetector.js';
import { workbench } from './searchProblem.js';

export interface Flattery {
  /** The quantized network that is flattered. */
  readonly pOfLayer: readonly PIndex[];
  /** Default: the problem's. */
  readonly table?: ScaleTable;
  /** On the first so many images. */
  readonly images: number;
  /** The one that is flattered on the others. Default: the float network. */
  readonly others?: readonly PIndex[];
}

/** Returns the pyramid detector's problem with a loss that one quantized network has none of on some images, and another on the others. */
export async function flattered(
  problem: SearchProblem,
  { pOfLayer, table = problem.table, images, others }: Flattery,
): Promise<SearchProblem> {
  const detector = await loadDetector(pyramidDetector(), onnxruntimeEngine);
  try {
    const odol = new Odol(detector.head);
    odol.lambda = problem.odol.lambda;
    const outputsOf = (graph: Graph) => runGraph(workbench(), graph, problem.inputs, (outputs) => outputs);
    const ideal = await outputsOf(quantizedGraph({ ...problem, table }, pOfLayer));
    const honest = await outputsOf(others === undefined ? problem.graph : quantizedGraph(problem, others));
    for (const image of problem.inputs.keys()) odol.addReference((image < images ? ideal : honest)[image]!);
    return { ...problem, odol };
  } finally {
    await detector.dispose();
  }
}
