import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';

/** What onnxruntime says when it has no schema, or no kernel, for an operator. Operator first, then the node's name. */
const unknownOperator = [
  /No Op registered for (?<op>\S+) with domain_version/,
  /(?<op>[\w.:]+)\(-?\d+\) is not a registered function\/op/,
  /Could not find an implementation for (?<op>\w+)\(\d+\) node with name '(?<node>[^']*)'/,
];

/** Returns the error of this project for one that onnxruntime threw while it loaded the graph. */
export function loadError(cause: unknown, graph: Graph): AgentError {
  const message = cause instanceof Error ? cause.message : String(cause);
  for (const pattern of unknownOperator) {
    const groups = pattern.exec(message)?.groups;
    if (groups?.op !== undefined) return unsupported(groups.op, groups.node, { cause, graph });
  }
  return new AgentError('engine_load_failed', `onnxruntime refused the graph "${graph.name}": ${message}`, {
    cause,
  });
}

function unsupported(
  qualified: string,
  named: string | undefined,
  { cause, graph }: { cause: unknown; graph: Graph },
): AgentError {
  const op = qualified.slice(qualified.lastIndexOf(':') + 1);
  const node = graph.nodes.find(
    ({ name, opType }) => opType === op && (named === undefined || name === named),
  );
  const label = named || node?.name || node?.outputs[0] || 'unnamed';
  return new AgentError('op_unsupported', `onnxruntime does not run operator ${op}, node "${label}"`, {
    cause,
    detail: { where: label, got: op },
  });
}
