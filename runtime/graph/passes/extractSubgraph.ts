import { AgentError } from '../../errors.js';
import { namesRead } from '../codec/capturedNames.js';
import { freshName } from '../freshName.js';
import { type Graph, type Node, producers, type ValueInfo } from '../graph.js';
import { tensorTypes } from '../tensorTypes.js';
import { liveNodes } from './liveNodes.js';

export interface SubgraphPorts {
  /** Tensors to be fed instead of computed. Default: none beyond the graph's inputs. */
  readonly from?: readonly string[];
  /** Tensors to be returned. Default: the graph's outputs. */
  readonly to?: readonly string[];
}

/**
 * Returns the graph that computes the tensors `to` from the tensors `from`: with `from` the suffix of a network, with
 * `to` its prefix, with both a piece from its middle. Its inputs are `from`, in that order, then those inputs of
 * the graph that are still needed. Types must be known: run `inferShapes` before.
 *
 * @throws AgentError `not_found` for a tensor that the graph does not have, `shape_mismatch` for one whose type is unknown
 */
export function extractSubgraph(graph: Graph, { from = [], to }: SubgraphPorts): Graph {
  const port = portsOf(graph);
  const inputs = from.map(port);
  const outputs = to?.map(port) ?? graph.outputs;
  const boundary = new Set(from);
  const targets = outputs.map(({ name }) => name);
  const live = liveNodes(graph, { targets, boundary });
  const nodes = graph.nodes
    .filter((node) => live.has(node))
    .map((node) => withoutOutputs(node, boundary, graph));
  const read = new Set([...nodes.flatMap(namesRead), ...targets]);
  const ports = new Set([...boundary, ...targets]);
  const made = new Set(nodes.flatMap((node) => node.outputs));
  return {
    ...graph,
    inputs: [...inputs, ...graph.inputs.filter(({ name }) => read.has(name) && !boundary.has(name))],
    outputs,
    nodes,
    initializers: new Map([...graph.initializers].filter(([name]) => read.has(name) && !boundary.has(name))),
    values: new Map([...tensorTypes(graph)].filter(([name]) => made.has(name) && !ports.has(name))),
  };
}

function portsOf(graph: Graph): (name: string) => ValueInfo {
  const types = tensorTypes(graph);
  const makers = producers(graph);
  return (name) => {
    const type = types.get(name);
    if (type !== undefined) return type;
    if (makers.has(name)) {
      throw new AgentError(
        'shape_mismatch',
        `the type of tensor "${name}" is not known: infer shapes first`,
        {
          detail: { where: name },
        },
      );
    }
    throw new AgentError('not_found', `graph "${graph.name}" has no tensor "${name}"`, {
      detail: { where: name },
    });
  };
}

/** A node that is kept for another of its outputs must not make a tensor that is now an input. */
function withoutOutputs(node: Node, boundary: ReadonlySet<string>, graph: Graph): Node {
  if (!node.outputs.some((name) => boundary.has(name))) return node;
  const makers = producers(graph);
  const unused = (name: string): string => freshName(`${name}/unused`, (taken) => makers.has(taken));
  return { ...node, outputs: node.outputs.map((name) => (boundary.has(name) ? unused(name) : name)) };
}
