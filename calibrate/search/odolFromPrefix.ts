import type { Graph } from '../../runtime/graph/graph.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import type { Prefix } from '../workbench/prefix.js';
import { runGraph, type Workbench } from '../workbench/workbench.js';
import type { SearchProblem } from './problem.js';

/**
 * Returns the ODOL by image of `quantized`, run on from where `prefix` stands.
 *
 * @param options.quantized the same as in the prefix, up to there
 * @param options.from first image. Default: 0.
 * @param options.to image behind the last. Default: all that the prefix has.
 * @throws AgentError `aborted`
 */
export function odolFromPrefix(
  workbench: Workbench,
  { graph, odol }: Pick<SearchProblem, 'graph' | 'odol'>,
  options: { prefix: Prefix; quantized: Graph; from?: number; to?: number },
): Promise<number[]> {
  const { prefix, quantized, from = 0, to } = options;
  const made = new Set(prefix.names);
  const missing = graph.outputs.map(({ name }) => name).filter((name) => !made.has(name));
  const suffix = extractSubgraph(quantized, { from: prefix.names, to: missing });
  const feeds = prefix.feeds.slice(from, to);
  return runGraph(workbench, suffix, feeds, (outputs, i, feed) =>
    odol.value(odol.terms(from + i, { ...feed, ...outputs })),
  );
}
