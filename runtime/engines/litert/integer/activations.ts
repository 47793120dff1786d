import type { ActivationOperation, Grid } from '../../../lowering/integerGraph.js';
import { activations } from '../tflite/operatorTable.js';
import { codesBetween, writeBounded, writeNarrowed } from './codeRange.js';
import type { IntegerWriter } from './integerWriter.js';

/** The grid on which a .tflite file has every sigmoid. */
const sigmoidGrid: Grid = { scale: 1 / 256, zeroPoint: 0 };

/** Writes a function of one value, from one grid to another. @throws AgentError `op_unsupported` */
export function writeActivation(
  writer: IntegerWriter,
  { input, output, activation }: ActivationOperation,
): void {
  const { model } = writer;
  const tensors = { inputs: [writer.at(input)], outputs: [writer.at(output)] };
  switch (activation.name) {
    case 'clip':
      return void writeClip(writer, { input, output, ...activation });
    case 'leakyRelu':
      return void model.operator('LEAKY_RELU', tensors, { alpha: activation.slope });
    case 'sigmoid':
      return void writeSigmoid(writer, input, output);
    case 'silu':
      return void model.operator('MUL', {
        inputs: [writer.at(input), sigmoidOf(writer, input)],
        outputs: tensors.outputs,
      });
    case 'hardSigmoid':
      return void writeHardSigmoid(writer, { input, output, ...activation });
  }
}

interface HardSigmoid {
  readonly input: string;
  readonly output: string;
  readonly slope: number;
  readonly offset: number;
}

/** The codes times a constant are the same on a finer grid; the sum with another is cut to the bounds by its range of codes. */
function writeHardSigmoid(writer: IntegerWriter, { input, output, slope, offset }: HardSigmoid): void {
  const { model } = writer;
  const { scale, zeroPoint } = writer.gridOf(input);
  const constantOf = (value: number) =>
    model.constant([1], Int8Array.of(1), { grid: { scales: [value], zeroPoints: [0] } });
  const line = writer.on({ scale: scale * slope, zeroPoint }, input);
  model.operator('MUL', { inputs: [writer.at(input), constantOf(slope)], outputs: [line] });
  const range = codesBetween(0, 1, writer.gridOf(output));
  writeBounded(writer, { output, range }, (target, activation) =>
    model.add([line, constantOf(offset)], target, activation),
  );
}

/** Writes the same values on another grid. */
export function writeRequantization(
  { model }: IntegerWriter,
  { input, output }: { readonly input: number; readonly output: number },
): void {
  model.operator('QUANTIZE', { inputs: [input], outputs: [output] });
}

interface Clip {
  readonly input: string;
  readonly output: string;
  readonly low: number;
  readonly high: number;
}

function writeClip(writer: IntegerWriter, { input, output, low, high }: Clip): void {
  const range = codesBetween(low, high, writer.gridOf(output));
  const requantize = (target: number) =>
    writeRequantization(writer, { input: writer.at(input), output: target });
  writeBounded(writer, { output, range }, (target, activation) => {
    if (activation === activations.none) return requantize(target);
    // Alone, XNNPACK has no bounds on int8.
    writeNarrowed(writer, { output, range }, requantize);
  });
}

function writeSigmoid(writer: IntegerWriter, input: string, output: string): void {
  const { scale, zeroPoint } = writer.gridOf(output);
  if (scale === sigmoidGrid.scale && zeroPoint === sigmoidGrid.zeroPoint) {
    return void writer.model.operator('LOGISTIC', {
      inputs: [writer.at(input)],
      outputs: [writer.at(output)],
    });
  }
  writeRequantization(writer, { input: sigmoidOf(writer, input), output: writer.at(output) });
}

function sigmoidOf(writer: IntegerWriter, input: string): number {
  const gate = writer.on(sigmoidGrid, input);
  writer.model.operator('LOGISTIC', { inputs: [writer.at(input)], outputs: [gate] });
  return gate;
}
