import { AgentError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { createHead } from './heads/createHead.js';
import type { Manifest } from './manifest.js';

/**
 * Checks that a manifest describes this graph: one float32 input of the manifest's name and shape, and the outputs
 * that the head reads.
 *
 * @param where the manifest's path or other name, for messages
 * @throws AgentError `manifest_model_mismatch` naming the key, `manifest_invalid` when keys of the head
 *   contradict each other
 */
export function assertManifestFits(manifest: Manifest, graph: Graph, where: string): void {
  const { name, shape } = manifest.input;
  const inputs = graph.inputs.map((input) => input.name).join(', ') || 'no input';
  const [input] = graph.inputs;
  if (graph.inputs.length !== 1 || input?.name !== name) {
    throw mismatch(where, 'input.name', [`the graph's one input, got "${name}"`, inputs]);
  }
  if (input.dtype !== 'float32') throw mismatch(where, 'input.name', ['a float32 input', input.dtype]);
  const fits =
    input.dims.length === shape.length &&
    input.dims.every((dim, axis) => typeof dim !== 'number' || dim === shape[axis]);
  if (!fits) throw mismatch(where, 'input.shape', [`[${shape.join(', ')}]`, `[${input.dims.join(', ')}]`]);
  createHead(manifest, graph);
}

function mismatch(
  where: string,
  key: string,
  [expected, got]: readonly [expected: string, got: string],
): AgentError {
  return new AgentError(
    'manifest_model_mismatch',
    `${where}: manifest key ${key}: expected ${expected}, the graph has ${got}`,
    { detail: { where: key, expected, got } },
  );
}
