import { networkRegions } from '../../../calibrate/quantize/networkRegions.js';
import { type ModelFiles, readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { type Graph, intAttribute } from '../../../runtime/graph/graph.js';

/** A float detector that the tools quantize, and the boundaries that all of them are given. */
export interface Subject {
  readonly manifestPath: string;
  readonly files: ModelFiles;
  /** Names of the prediction convolutions: those with none behind them. */
  readonly predictions: readonly string[];
  /** Names of the nodes behind the prediction convolutions. */
  readonly tail: readonly string[];
  /** Names of the convolutions that have 4-bit weights at W4: neither first nor depthwise nor prediction. */
  readonly fourBit: readonly string[];
}

/** @throws AgentError what `readModelFiles` throws */
export async function readSubject(manifestPath: string): Promise<Subject> {
  const files = await readModelFiles(manifestPath);
  return { manifestPath, files, ...boundaries(files.graph) };
}

function boundaries(graph: Graph): Pick<Subject, 'predictions' | 'tail' | 'fourBit'> {
  const regions = networkRegions(graph);
  const namesOf = (nodes: Graph['nodes']) => nodes.map(({ name }) => name);
  const [, ...laterConvs] = graph.nodes.filter(
    (node) => node.opType === 'Conv' && regions.get(node) === 'body',
  );
  return {
    predictions: namesOf(graph.nodes.filter((node) => regions.get(node) === 'prediction')),
    tail: namesOf(graph.nodes.filter((node) => regions.get(node) === 'tail')),
    fourBit: namesOf(laterConvs.filter((node) => intAttribute(node, 'group', 1) === 1)),
  };
}
