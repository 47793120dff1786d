import type { FloatPart } from '../../../lowering/integerGraph.js';
import { channelsLast, onnxLayout, permutation } from '../../layout/layout.js';
import { prepareGraph, writeGraph } from '../float/writeGraph.js';
import type { IntegerWriter } from './integerWriter.js';

const nhwc = channelsLast(4);

/** Writes a part in float between dequantizers and a quantizer. @throws AgentError `op_unsupported` */
export function writeFloatPart(writer: IntegerWriter, { inputs, output, graph }: FloatPart): void {
  const { model } = writer;
  const given = new Map(
    graph.inputs.map(({ name }, i) => [name, { tensor: writer.valuesOf(inputs[i]!), layout: nhwc }]),
  );
  const { outputs } = writeGraph(model, prepareGraph(graph), { given });
  const made = outputs.get(graph.outputs[0]!.name);
  if (typeof made !== 'number') writer.refuse('what computes nothing');
  const { shape } = writer.describe(output);
  const values = model.tensor(shape);
  model.transpose(made, values, permutation(onnxLayout(4), nhwc));
  model.operator('QUANTIZE', { inputs: [values], outputs: [writer.at(output)] });
}
