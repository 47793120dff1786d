import { AgentError } from '../errors.js';
import { type Graph, nodeLabel } from './graph.js';

/**
 * Checks that every tensor has one maker, that nodes read only what comes before them, and that the outputs exist.
 *
 * @throws AgentError `onnx_malformed` naming node and tensor
 */
export function assertWellFormed(graph: Graph, where: string): void {
  const fail = (what: string, node?: string): never => {
    throw new AgentError('onnx_malformed', `${where}: ${what}`, { detail: { where: node ?? where } });
  };
  const known = new Set(graph.initializers.keys());
  for (const { name } of graph.inputs) {
    if (name === '' || known.has(name)) fail(`graph input "${name}" has no name or occurs twice`);
    known.add(name);
  }
  for (const node of graph.nodes) {
    const label = nodeLabel(node);
    for (const input of node.inputs) {
      if (input !== '' && !known.has(input))
        fail(`${label} reads "${input}", which nothing before it makes`, label);
    }
    for (const output of node.outputs) {
      if (output === '') continue;
      if (known.has(output)) fail(`${label} makes "${output}", which exists already`, label);
      known.add(output);
    }
  }
  for (const { name } of graph.outputs) {
    if (!known.has(name)) fail(`graph output "${name}" is made by no node`);
  }
}
