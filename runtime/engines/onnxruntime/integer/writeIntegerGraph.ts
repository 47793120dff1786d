import type { Graph, ValueInfo } from '../../../graph/graph.js';
import { removeDeadNodes } from '../../../graph/passes/removeDeadNodes.js';
import {
  type ChannelGathering,
  type Convolution,
  type FloatPart,
  type IntegerGraph,
  type Operation,
  operationInputs,
  type Pooling,
  type Product,
  type Sum,
} from '../../../lowering/integerGraph.js';
import { writeActivation, writeRequantization } from './activations.js';
import { type Ports, writeClip, writeConvolution } from './convolutions.js';
import { flattenChannelsLast } from './flattenChannelsLast.js';
import { writeFloatPart, writeValues } from './floatParts.js';
import { GatheringWriter } from './gatherings.js';
import { GraphWriter } from './graphWriter.js';
import { headRows } from './headRows.js';
import { writeHead } from './heads.js';
import type { KernelChoices } from './kernelChoices.js';
import { writeResizing } from './resizing.js';

/** DequantizeLinear, Clip and Split take what they are given here from this version of the standard operators on. */
const minOpset = 13;
const minIrVersion = 8;

/**
 * Returns an integer graph as an ONNX graph of onnxruntime's own NHWC operators (domain `com.microsoft`) with the tail behind
 * it: from images as codes (`IntegerInput`) under the inputs' names to the outputs of the tail, heads that are pieces as rows
 * `[H * W, O]`.
 */
export function writeIntegerGraph(graph: IntegerGraph, choices: KernelChoices): Graph {
  const { tail, rows } = headRows({ ...graph, tail: flattenChannelsLast(graph.tail) });
  const writer = new GraphWriter(choices);
  const gatherings = new GatheringWriter(graph);
  for (const operation of graph.operations) {
    if (operation.kind === 'gatherChannels') gatherings.write(writer, operation);
    else if (operation.kind === 'floatPart') writeFloatPart(writer, operation, graph);
    else if (isHead(operation, graph)) {
      const floatName = floatNameOf(operation.output, graph);
      writeHead(writer, operation, {
        ...portsOf(operation, graph),
        floatName,
        rowsName: rows.get(floatName),
      });
    } else writeOperation(writer, operation, graph);
  }
  for (const { tensor, floatName } of graph.outputs) {
    const { grid } = graph.tensors.get(tensor)!;
    if (grid !== null) writeValues(writer, { codes: tensor, grid, floatName });
  }
  const standard = Math.max(tail.opsets.get('') ?? 0, minOpset);
  return removeDeadNodes({
    name: graph.name,
    irVersion: Math.max(tail.irVersion, minIrVersion),
    opsets: new Map([...tail.opsets, ['', standard], ['com.microsoft', 1]]),
    inputs: graph.inputs.map(({ name }): ValueInfo => {
      return { name, dtype: 'uint8', dims: graph.tensors.get(name)!.shape };
    }),
    outputs: tail.outputs,
    initializers: new Map([...tail.initializers, ...writer.initializers]),
    nodes: [...writer.nodes, ...tail.nodes],
    values: new Map(),
    metadata: new Map(),
  });
}

function isHead(operation: Operation, { tensors }: IntegerGraph): operation is Convolution {
  return operation.kind === 'convolution' && tensors.get(operation.output)!.grid === null;
}

function portsOf(
  operation: Exclude<Operation, ChannelGathering | FloatPart>,
  { tensors }: IntegerGraph,
): Ports {
  const [input] = operationInputs(operation);
  return { input: tensors.get(input!)!, output: tensors.get(operation.output)! };
}

function writeOperation(
  writer: GraphWriter,
  operation: Exclude<Operation, ChannelGathering | FloatPart>,
  graph: IntegerGraph,
): void {
  const ports = portsOf(operation, graph);
  const { output } = ports;
  switch (operation.kind) {
    case 'convolution':
      writeConvolution(writer, operation, ports);
      return;
    case 'sum':
    case 'product':
      writeBinary(writer, operation, graph);
      return;
    case 'activation':
      writeActivation(writer, operation, ports);
      return;
    case 'requantization':
      writeRequantization(writer, operation, ports);
      return;
    case 'maxPool':
      writer.microsoft('NhwcMaxPool', [operation.input], {
        output: operation.output,
        attributes: windowAttributes(operation),
      });
      return;
    case 'averagePool': {
      const grids = [...writer.grid(ports.input.grid!), ...writer.grid(output.grid!)];
      writer.microsoft('QLinearAveragePool', [operation.input, ...grids], {
        output: operation.output,
        attributes: { channels_last: 1, ...windowAttributes(operation) },
      });
      return;
    }
    case 'resize':
      writeResizing(writer, operation, ports);
      return;
  }
}

function floatNameOf(tensor: string, { outputs }: IntegerGraph): string {
  return outputs.find((output) => output.tensor === tensor)!.floatName;
}

function writeBinary(writer: GraphWriter, operation: Sum | Product, { tensors }: IntegerGraph): void {
  const operands = operation.inputs.flatMap((name) => [name, ...writer.grid(tensors.get(name)!.grid!)]);
  const inputs = [...operands, ...writer.grid(tensors.get(operation.output)!.grid!)];
  if (operation.kind === 'product') {
    writer.microsoft('QLinearMul', inputs, { output: operation.output });
    return;
  }
  const { codeRange, output } = operation;
  if (codeRange[0] === 0 && codeRange[1] === 255) writer.microsoft('QLinearAdd', inputs, { output });
  else writeClip(writer, writer.microsoft('QLinearAdd', inputs), { codeRange, output });
}

function windowAttributes({ window, strides, padding }: Pooling) {
  const { top, left, bottom, right } = padding;
  return { kernel_shape: window, strides, pads: [top, left, bottom, right] };
}
