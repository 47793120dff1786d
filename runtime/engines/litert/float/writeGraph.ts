import { AgentError } from '../../../errors.js';
import { type Graph, type Node, nodeLabel } from '../../../graph/graph.js';
import { foldConstants } from '../../../graph/passes/foldConstants.js';
import { foldDequantize } from '../../../graph/passes/foldDequantize.js';
import { foldIntoConv } from '../../../graph/passes/foldIntoConv.js';
import { removeDeadNodes } from '../../../graph/passes/removeDeadNodes.js';
import { fail } from '../../../graph/passes/shapes/rule.js';
import type { Tensor } from '../../../graph/tensor.js';
import { type CompilerTarget, GraphCompiler } from '../../layout/graphCompiler.js';
import { type Layout, permutation } from '../../layout/layout.js';
import type { OperatorContext } from '../../layout/operator.js';
import { permuted } from '../../layout/permuted.js';
import type { Program } from '../../layout/program.js';
import { typedGraph } from '../../typedGraph.js';
import type { ModelWriter } from '../tflite/modelWriter.js';
import type { WriteAction } from './operator.js';
import { findOperator } from './operators.js';

/**
 * Returns the graph as the compiler wants it: all types known, constants computed, quantized weights as the values that they
 * stand for.
 *
 * @throws AgentError `op_unsupported`, `engine_load_failed`
 */
export function prepareGraph(graph: Graph): Graph {
  return removeDeadNodes(foldIntoConv(foldDequantize(foldConstants(typedGraph(graph, 'LiteRT')))));
}

export interface GraphTensors {
  /** Tensors that hold inputs of the graph already, and their layouts. All others are made, in ONNX's layout. */
  readonly given?: ReadonlyMap<string, { readonly tensor: number; readonly layout: Layout }>;
}

/** A graph in a model: its inputs and outputs are tensors of the writer. */
export interface WrittenGraph {
  /** Inputs that some operator reads. */
  readonly inputs: ReadonlyMap<string, number>;
  /** In ONNX's layout. What no operator makes is passed on. */
  readonly outputs: ReadonlyMap<string, number | { readonly feed: string } | { readonly constant: Tensor }>;
}

/**
 * Writes a float32 graph, channels last where convolutions want them.
 *
 * @param graph as `prepareGraph` returns it
 * @throws AgentError `op_unsupported` naming operator and node
 */
export function writeGraph(writer: ModelWriter, graph: Graph, { given }: GraphTensors = {}): WrittenGraph {
  const inputLayouts = new Map([...(given ?? [])].map(([name, { layout }]) => [name, layout]));
  const compiler = new GraphCompiler({ graph, target, inputLayouts });
  for (const node of graph.nodes) compiler.add(node);
  const program = compiler.finish();
  const tensors = placeTensors(writer, program, given);
  for (const { label, reads, writes, action } of program.steps) {
    writer.label = label;
    const [first, ...others] = writes.map((place) => tensors(place));
    action(
      writer,
      reads.map((place) => (place === undefined ? Number.NaN : tensors(place))),
      [first!, ...others],
    );
  }
  const read = new Set(program.steps.flatMap(({ reads }) => reads));
  return {
    inputs: new Map(
      [...program.inputs]
        .filter(([, { place }]) => read.has(place))
        .map(([name, { place }]) => [name, tensors(place)]),
    ),
    outputs: new Map(
      [...program.outputs].map(([name, output]) => [
        name,
        'place' in output ? tensors(output.place) : output,
      ]),
    ),
  };
}

/** Returns the tensor of each place, which is made when it is first asked for. */
function placeTensors(
  writer: ModelWriter,
  { inputs, constants, types }: Program<WriteAction, Tensor>,
  given: GraphTensors['given'],
): (place: number) => number {
  const tensors = new Map<number, number>();
  for (const [name, { place }] of inputs) {
    const tensor = given?.get(name)?.tensor;
    if (tensor !== undefined) tensors.set(place, tensor);
  }
  return (place) => {
    const known = tensors.get(place);
    if (known !== undefined) return known;
    const constant = constants.get(place);
    const made =
      constant === undefined
        ? writer.tensor(types[place]!.dims)
        : writer.constant(constant.dims, constant.data as Float32Array);
    tensors.set(place, made);
    return made;
  };
}

const target: CompilerTarget<WriteAction, Tensor> = {
  compile(node, context) {
    const result = findOperator(node)(context);
    if ('action' in result) requireFloat(node, context, result.reads);
    return result;
  },
  changeLayout: ({ dims, from, to }) => {
    const isLong = (axis: number): boolean => dims[axis]! > 1;
    const isSameMemory = String(from.filter(isLong)) === String(to.filter(isLong));
    if (isSameMemory) return (writer, [input], [output]) => writer.reshape(input!, output);
    const order = permutation(from, to);
    return (writer, [input], [output]) => writer.transpose(input!, output, order);
  },
  constant: permuted,
};

/** What a step reads and makes is float32; integers are shapes and indices, which are constants used at compile time. */
function requireFloat(
  node: Node,
  { view, outputs }: OperatorContext,
  reads: readonly (Layout | undefined)[],
): void {
  const read = view.types.filter((_, index) => reads[index] !== undefined);
  const other = [...read, ...outputs].find((type) => type !== undefined && type.dtype !== 'float32');
  if (other === undefined) return;
  fail(view, `LiteRT is given float32 for ${nodeLabel(node)}, got ${other.dtype}`, 'op_unsupported');
}

/** @throws AgentError `op_unsupported`: LiteRT has no tensors without elements */
export function requireElements(graph: Graph): void {
  for (const { name, dims } of [...graph.inputs, ...graph.outputs]) {
    if (!dims.includes(0)) continue;
    throw new AgentError('op_unsupported', `LiteRT has no tensors without elements, got "${name}"`, {
      detail: { where: name },
    });
  }
}
