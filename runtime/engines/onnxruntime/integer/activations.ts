import { elementCount } from '../../../graph/tensor.js';
import type { ActivationOperation, Grid } from '../../../lowering/integerGraph.js';
import { quantize } from '../../../quantParams.js';
import { type Ports, writeClip } from './convolutions.js';
import type { GraphWriter } from './graphWriter.js';
import { type KernelChoices, tableLimit } from './kernelChoices.js';

/** Writes a function of one value from codes to codes. */
export function writeActivation(
  writer: GraphWriter,
  { input, output, activation }: ActivationOperation,
  ports: Ports,
): void {
  const from = ports.input.grid!;
  const to = ports.output.grid!;
  const x = [input, ...writer.grid(from)];
  switch (activation.name) {
    case 'leakyRelu': {
      const { slope } = activation;
      const isTable = isLookedUp(writer.choices.leakyRelu, elementCount(ports.input.shape));
      if (!isTable && slope > 0 && slope < 1) writeLeakySum(writer, { x, from, to, slope, output });
      else writeScaled(writer, { x, to, slope, output });
      return;
    }
    case 'clip': {
      const moved = writeScaled(writer, { x, to, slope: 1 });
      const grid = { ...to, qmin: 0, qmax: 255 };
      const codeRange = [quantize(activation.low, grid), quantize(activation.high, grid)] as const;
      writeClip(writer, moved, { codeRange, output });
      return;
    }
    case 'sigmoid':
      writer.microsoft('QLinearSigmoid', [...x, ...writer.grid(to)], { output });
      return;
    case 'silu': {
      if (writer.choices.silu === 'float') {
        writeFloatSilu(writer, { x, to, output });
        return;
      }
      const gate = writer.microsoft('QLinearSigmoid', [...x, ...writer.grid(activation.gate)]);
      writer.microsoft('QLinearMul', [...x, gate, ...writer.grid(activation.gate), ...writer.grid(to)], {
        output,
      });
      return;
    }
    case 'hardSigmoid':
      writeHardSigmoid(writer, {
        input,
        from,
        to,
        slope: activation.slope,
        offset: activation.offset,
        output,
      });
      return;
  }
}

function isLookedUp(form: KernelChoices['leakyRelu'], values: number): boolean {
  return form === 'table' || (form === 'by-size' && values <= tableLimit);
}

/** Rounds once, where codes are rounded after the sigmoid, too. */
function writeFloatSilu(
  writer: GraphWriter,
  { x, to, output }: { readonly x: readonly string[]; readonly to: Grid; readonly output: string },
): void {
  const values = writer.standard('DequantizeLinear', x);
  const activated = writer.microsoft('QuickGelu', [values], {
    attributes: { alpha: { type: 'float', value: 1 } },
  });
  writer.standard('QuantizeLinear', [activated, ...writer.grid(to)], { output });
}

/** Writes the same values on another grid. */
export function writeRequantization(
  writer: GraphWriter,
  { input, output }: { input: string; output: string },
  ports: Ports,
): void {
  const x = [input, ...writer.grid(ports.input.grid!)];
  writeScaled(writer, { x, to: ports.output.grid!, slope: 1, output });
}

interface LeakyRelu {
  /** A tensor's name and grid. */
  readonly x: readonly string[];
  readonly to: Grid;
  readonly slope: number;
  readonly output?: string;
}

/** By a table of 256 entries; of slope 1 it is onnxruntime's only change of grids from codes to codes. */
function writeScaled(writer: GraphWriter, { x, to, slope, output }: LeakyRelu): string {
  return writer.microsoft('QLinearLeakyRelu', [...x, ...writer.grid(to)], {
    ...(output === undefined ? {} : { output }),
    attributes: { alpha: { type: 'float', value: slope } },
  });
}

/** LeakyReLU as `(1 - slope) * max(x, 0) + slope * x`: two vectorised passes where the table is looked up one by one. */
function writeLeakySum(
  writer: GraphWriter,
  { x, from, to, slope, output }: LeakyRelu & { from: Grid; output: string },
): void {
  const positive = writer.standard('Clip', [x[0]!, writer.code(from.zeroPoint), writer.code(255)]);
  const part = (share: number) => writer.grid({ ...from, scale: Math.fround(from.scale * share) });
  const terms = [positive, ...part(1 - slope), x[0]!, ...part(slope)];
  writer.microsoft('QLinearAdd', [...terms, ...writer.grid(to)], { output });
}

interface HardSigmoid {
  readonly input: string;
  readonly from: Grid;
  readonly to: Grid;
  readonly slope: number;
  readonly offset: number;
  readonly output: string;
}

/** `slope * x + offset` as the sum with a constant of one code, then clipped to 0..1. */
function writeHardSigmoid(
  writer: GraphWriter,
  { input, from, to, slope, offset, output }: HardSigmoid,
): void {
  const one = writer.constant({ dtype: 'uint8', dims: [1], data: Uint8Array.of(offset < 0 ? 0 : 2) });
  const scaled = writer.grid({ ...from, scale: Math.fround(from.scale * slope) });
  const constant = writer.grid({ scale: Math.fround(Math.abs(offset) || 1), zeroPoint: 1 });
  const terms = offset === 0 ? undefined : [input, ...scaled, one, ...constant, ...writer.grid(to)];
  const line = terms
    ? writer.microsoft('QLinearAdd', terms)
    : writer.microsoft('QLinearLeakyRelu', [input, ...scaled, ...writer.grid(to)], {
        attributes: { alpha: { type: 'float', value: 1 } },
      });
  const grid = { ...to, qmin: 0, qmax: 255 };
  writeClip(writer, line, { codeRange: [quantize(0, grid), quantize(1, grid)], output });
}
