import { AgentError } from '../../errors.js';
import { type Graph, type Node, nodeLabel } from '../../graph/graph.js';
import type { BrowserEngineName } from './messages.js';

/**
 * Refuses what an engine is known to compute wrongly, and silently: Slice with a negative step on onnxruntime-web 1.30's
 * WebGPU provider, which reads other elements.
 *
 * @throws AgentError `op_unsupported`
 */
export function assertRightKernels(engine: BrowserEngineName, graph: Graph): void {
  if (engine !== 'webgpu') return;
  const node = graph.nodes.find((node) => isSlice(node) && !stepsForward(node, graph));
  if (node === undefined) return;
  const label = node.name || node.outputs[0]!;
  const message = `${engine} does not run ${nodeLabel(node)}: expected constant steps above 0`;
  throw new AgentError('op_unsupported', message, { detail: { where: label, got: node.opType } });
}

function isSlice({ opType, domain }: Node): boolean {
  return opType === 'Slice' && domain === '';
}

function stepsForward(node: Node, graph: Graph): boolean {
  const steps = node.inputs[4] ?? '';
  if (steps === '') return true;
  const constant = graph.initializers.get(steps);
  return constant !== undefined && [...constant.data].every((step) => step > 0);
}
