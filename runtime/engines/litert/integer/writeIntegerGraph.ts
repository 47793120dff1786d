import type { Graph } from '../../../graph/graph.js';
import type { Convolution, IntegerGraph, Operation } from '../../../lowering/integerGraph.js';
import { channelsLast } from '../../layout/layout.js';
import { prepareGraph, type WrittenGraph, writeGraph } from '../float/writeGraph.js';
import type { ModelWriter } from '../tflite/modelWriter.js';
import { writeBilinear, writeRepeated } from '../tflite/resize.js';
import { writeActivation, writeRequantization } from './activations.js';
import { writeBounded } from './codeRange.js';
import { writeIntegerConvolution } from './convolution.js';
import { writeDoubled } from './doubling.js';
import { writeFloatPart } from './floatPart.js';
import { GatheringWriter } from './gathering.js';
import { writeHead } from './head.js';
import { IntegerWriter } from './integerWriter.js';
import type { ModelForms } from './modelForms.js';
import { writePooling } from './pooling.js';

const nhwc = channelsLast(4);

/**
 * Writes an integer graph and the float graph behind it. Its inputs are images as codes, 128 less than the integer
 * graph's.
 *
 * @param heads the form of the prediction convolutions
 * @throws AgentError `op_unsupported`
 */
export function writeIntegerGraph(
  model: ModelWriter,
  graph: IntegerGraph,
  { heads }: Pick<ModelForms, 'heads'>,
): WrittenGraph {
  const writer = new IntegerWriter(model, graph);
  const inputs = new Map(graph.inputs.map(({ name }) => [name, writer.at(name)]));
  const gatherings = new GatheringWriter(writer);
  for (const operation of graph.operations) {
    model.label = `${operation.kind} "${operation.output}"`;
    if (isHead(writer, operation)) writeHead(writer, operation, heads);
    else writeOperation(writer, operation, gatherings);
  }
  const given = new Map(
    graph.outputs.map(({ tensor, floatName }) => {
      return [floatName, { tensor: writer.valuesOf(tensor), layout: nhwc }] as const;
    }),
  );
  const { outputs } = writeGraph(model, preparedTail(graph.tail), { given });
  return { inputs, outputs };
}

function isHead(writer: IntegerWriter, operation: Operation): operation is Convolution {
  return operation.kind === 'convolution' && writer.describe(operation.output).grid === null;
}

function writeOperation(writer: IntegerWriter, operation: Operation, gatherings: GatheringWriter): void {
  const { model } = writer;
  const output = operation.output;
  switch (operation.kind) {
    case 'convolution':
      return void writeIntegerConvolution(writer, operation);
    case 'sum': {
      const [left, right] = operation.inputs.map((input) => writer.at(input));
      writeBounded(writer, { output, range: operation.codeRange }, (target, activation) =>
        model.add([left!, right!], target, activation),
      );
      return;
    }
    case 'product':
      return void model.operator('MUL', {
        inputs: operation.inputs.map((input) => writer.at(input)),
        outputs: [writer.at(output)],
      });
    case 'activation':
      return void writeActivation(writer, operation);
    case 'requantization':
      return void writeRequantization(writer, {
        input: writer.at(operation.input),
        output: writer.at(output),
      });
    case 'maxPool':
    case 'averagePool':
      return void writePooling(writer, operation);
    case 'resize': {
      const parts = { input: writer.at(operation.input), output: writer.at(output) };
      if (operation.mode === 'nearest') {
        return void writeRepeated(model, { ...parts, factors: operation.factors });
      }
      if (operation.factors.every((factor) => factor === 2)) return void writeDoubled(writer, operation);
      return void writeBilinear(model, { ...parts, placement: { alignCorners: 0, halfPixelCenters: 1 } });
    }
    case 'gatherChannels':
      return void gatherings.write(operation);
    case 'floatPart':
      return void writeFloatPart(writer, operation);
  }
}

/** A tail without nodes has nothing to prepare: its outputs are its inputs. */
function preparedTail(tail: Graph): Graph {
  return tail.nodes.length === 0 ? tail : prepareGraph(tail);
}
