import { AgentError } from '../../errors.js';
import { type Graph, type Node, nodeLabel, type ValueInfo } from '../graph.js';
import type { Tensor } from '../tensor.js';
import { fixedDims } from '../tensorTypes.js';
import { evaluate } from './constants/evaluate.js';
import { type Known, viewNode } from './nodeView.js';
import type { TensorType } from './shapes/rule.js';
import { shapeRules } from './shapes/rules.js';

/**
 * Returns the graph with the type and dimensions of every tensor: `values` holds those of the intermediate ones, and
 * the outputs have fixed dimensions. Types that the file gave are replaced, but for those of operators that are not known here.
 *
 * @throws AgentError `op_unsupported` naming operator and node of what neither is known nor has its types in the file; `shape_mismatch` when operands do not fit, when an input's
 *   dimension is not fixed (see `fixInputDims`), or when an output contradicts what the file says of it
 */
export function inferShapes(graph: Graph): Graph {
  const types = new Map<string, TensorType>();
  const constants = new Map<string, Tensor>(graph.initializers);
  for (const [name, tensor] of graph.initializers) types.set(name, tensor);
  for (const input of graph.inputs) types.set(input.name, inputType(input));
  const declared = declaredTypes(graph);
  for (const node of graph.nodes) {
    const outputs = inferNode(node, { types, constants, declared });
    for (const [name, type] of outputs.types) types.set(name, type);
    if (outputs.constant !== undefined) constants.set(node.outputs[0]!, outputs.constant);
  }
  const outputs = graph.outputs.map((output) => mergeOutput(output, types.get(output.name)));
  return { ...graph, outputs, values: intermediateValues(graph, types) };
}

/** Returns what the file says of tensors, where it gives all their dimensions. */
function declaredTypes({ values, outputs }: Graph): ReadonlyMap<string, TensorType> {
  return new Map(
    [...values.values(), ...outputs].flatMap((info): [string, TensorType][] => {
      const dims = fixedDims(info);
      return dims ? [[info.name, { dtype: info.dtype, dims }]] : [];
    }),
  );
}

function inferNode(
  node: Node,
  { declared, ...known }: Known & { readonly declared: ReadonlyMap<string, TensorType> },
): { types: [string, TensorType][]; constant: Tensor | undefined } {
  const view = viewNode(node, known);
  const rule = node.domain === '' ? shapeRules[node.opType] : undefined;
  const given = node.outputs.map((name) => declared.get(name));
  if (rule === undefined && !node.outputs.every((name, i) => name === '' || given[i])) {
    throw new AgentError(
      'op_unsupported',
      `shape inference does not know operator ${qualified(node)} of ${nodeLabel(node)}`,
      {
        detail: { where: nodeLabel(node), got: qualified(node) },
      },
    );
  }
  const inferred: readonly (TensorType | undefined)[] = rule ? rule(view) : given;
  const types = node.outputs.flatMap((name, index): [string, TensorType][] => {
    if (name === '') return [];
    const type = inferred[index];
    if (type !== undefined) return [[name, type]];
    throw new AgentError('op_unsupported', `output ${index} of ${nodeLabel(node)} is not supported`, {
      detail: { where: nodeLabel(node), got: qualified(node) },
    });
  });
  return { types, constant: evaluate(view) };
}

function qualified({ domain, opType }: Node): string {
  return domain === '' ? opType : `${domain}.${opType}`;
}

function inputType(input: ValueInfo): TensorType {
  const dims = fixedDims(input);
  if (dims !== undefined) return { dtype: input.dtype, dims };
  const got = `[${input.dims.map((dim) => dim ?? '?').join(', ')}]`;
  throw new AgentError(
    'shape_mismatch',
    `expected input "${input.name}" to have fixed dimensions, got ${got}`,
    {
      detail: { where: input.name, got: input.dims },
    },
  );
}

function mergeOutput(output: ValueInfo, type: TensorType | undefined): ValueInfo {
  if (type === undefined) return output;
  const agrees =
    output.dtype === type.dtype &&
    output.dims.length === type.dims.length &&
    output.dims.every((dim, axis) => typeof dim !== 'number' || dim === type.dims[axis]);
  if (agrees) return { ...output, dims: type.dims };
  const message = `output "${output.name}" is declared ${output.dtype}[${output.dims}] but is ${type.dtype}[${type.dims}]`;
  throw new AgentError('shape_mismatch', message, {
    detail: { where: output.name, expected: output.dims, got: type.dims },
  });
}

function intermediateValues(graph: Graph, types: ReadonlyMap<string, TensorType>): Map<string, ValueInfo> {
  const ports = new Set(graph.outputs.map(({ name }) => name));
  const names = graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((name) => name !== '' && !ports.has(name));
  return new Map(
    names.map((name) => {
      const { dtype, dims } = types.get(name)!;
      return [name, { name, dtype, dims }];
    }),
  );
}
