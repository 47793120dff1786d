import type {
  Activation,
  Convolution,
  Grid,
  IntegerGraph,
  IntegerTensor,
  Operation,
  Pooling,
  Resizing,
} from '../../runtime/lowering/integerGraph.js';
import { clamp, quantize } from '../../runtime/quantParams.js';

/** Values of one image `[H, W, C]`: codes, or float32 values of heads. */
export type Values = Float64Array;

/**
 * Returns what every tensor of an integer graph holds: the definition of each operation in plain loops over pixels, in
 * double precision, without any of an engine's kernels.
 *
 * @param images codes by input
 */
export function runIntegerGraph(
  graph: IntegerGraph,
  images: Readonly<Record<string, ArrayLike<number>>>,
): ReadonlyMap<string, Values> {
  const values = new Map<string, Values>();
  for (const { name } of graph.inputs) values.set(name, Float64Array.from(images[name]!));
  for (const operation of graph.operations)
    values.set(operation.output, evaluate(operation, { tensors: graph.tensors, values }));
  return values;
}

interface State {
  readonly tensors: IntegerGraph['tensors'];
  readonly values: ReadonlyMap<string, Values>;
}

function evaluate(operation: Operation, { tensors, values }: State): Values {
  const tensorOf = (name: string) => new Image(tensors.get(name)!, values.get(name)!);
  const output = tensors.get(operation.output)!;
  switch (operation.kind) {
    case 'convolution':
      return convolve(operation, tensorOf(operation.input), output);
    case 'sum':
    case 'product': {
      const [a, b] = operation.inputs.map(tensorOf) as [Image, Image];
      const range = operation.kind === 'sum' ? operation.codeRange : undefined;
      const join =
        operation.kind === 'sum' ? (x: number, y: number) => x + y : (x: number, y: number) => x * y;
      return fill(output, (y, x, c) => {
        const isSpread = b.height === 1 && b.width === 1;
        const value = join(a.real(y, x, c), isSpread ? b.real(0, 0, c) : b.real(y, x, c));
        return toCode(value, output.grid!, range);
      });
    }
    case 'activation': {
      const image = tensorOf(operation.input);
      const f = functionOf(operation.activation);
      return fill(output, (y, x, c) => toCode(f(image.real(y, x, c)), output.grid!));
    }
    case 'requantization': {
      const image = tensorOf(operation.input);
      return fill(output, (y, x, c) => toCode(image.real(y, x, c), output.grid!));
    }
    case 'maxPool':
    case 'averagePool':
      return pool(operation, tensorOf(operation.input), output);
    case 'resize':
      return resize(operation, tensorOf(operation.input), output);
    case 'floatPart':
      throw new Error('the reference computes in integers');
    case 'gatherChannels': {
      const sources = operation.runs.flatMap(({ tensor, start, size }) =>
        Array.from({ length: size }, (_, k) => ({ tensor, channel: start + k })),
      );
      return fill(output, (y, x, c) => {
        const { tensor, channel } = sources[c]!;
        return tensor === null ? 0 : tensorOf(tensor).code(y, x, channel);
      });
    }
  }
}

class Image {
  readonly height: number;
  readonly width: number;
  readonly channels: number;

  constructor(
    readonly tensor: IntegerTensor,
    readonly values: Values,
  ) {
    [, this.height, this.width, this.channels] = tensor.shape;
  }

  code(y: number, x: number, c: number): number {
    return this.values[(y * this.width + x) * this.channels + c]!;
  }

  real(y: number, x: number, c: number): number {
    const { scale, zeroPoint } = this.tensor.grid!;
    return scale * (this.code(y, x, c) - zeroPoint);
  }

  has(y: number, x: number): boolean {
    return y >= 0 && y < this.height && x >= 0 && x < this.width;
  }
}

function fill({ shape }: IntegerTensor, value: (y: number, x: number, c: number) => number): Values {
  const [, height, width, channels] = shape;
  const values = new Float64Array(height * width * channels);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) values[at++] = value(y, x, c);
  return values;
}

function toCode(value: number, grid: Grid, [low, high]: readonly [number, number] = [0, 255]): number {
  return clamp(quantize(value, { ...grid, qmin: 0, qmax: 255 }), low, high);
}

function convolve(operation: Convolution, image: Image, output: IntegerTensor): Values {
  const { weights, weightShape, weightScales, bias, strides, dilations, padding, groups } = operation;
  const [filters, height, width, depth] = weightShape;
  const { scale, zeroPoint } = image.tensor.grid!;
  return fill(output, (y, x, o) => {
    const firstChannel = Math.floor(o / (filters / groups)) * depth;
    let sum = bias[o]!;
    for (let ky = 0; ky < height; ky++) {
      for (let kx = 0; kx < width; kx++) {
        const row = y * strides[0] + ky * dilations[0] - padding.top;
        const column = x * strides[1] + kx * dilations[1] - padding.left;
        if (!image.has(row, column)) continue;
        for (let c = 0; c < depth; c++)
          sum +=
            weights[((o * height + ky) * width + kx) * depth + c]! *
            (image.code(row, column, firstChannel + c) - zeroPoint);
      }
    }
    const value = sum * scale * weightScales[o]!;
    return output.grid === null ? Math.fround(value) : toCode(value, output.grid, operation.codeRange);
  });
}

function functionOf(activation: Activation): (x: number) => number {
  const unit = (x: number) => clamp(x, 0, 1);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  switch (activation.name) {
    case 'clip':
      return (x) => clamp(x, activation.low, activation.high);
    case 'leakyRelu':
      return (x) => (x < 0 ? activation.slope * x : x);
    case 'sigmoid':
      return sigmoid;
    case 'hardSigmoid':
      return (x) => unit(activation.slope * x + activation.offset);
    case 'silu': {
      const { scale, zeroPoint } = activation.gate;
      return (x) => x * scale * (toCode(sigmoid(x), activation.gate) - zeroPoint);
    }
  }
}

function pool({ kind, window, strides, padding }: Pooling, image: Image, output: IntegerTensor): Values {
  return fill(output, (y, x, c) => {
    const inside: number[] = [];
    for (let ky = 0; ky < window[0]; ky++)
      for (let kx = 0; kx < window[1]; kx++) {
        const [row, column] = [y * strides[0] + ky - padding.top, x * strides[1] + kx - padding.left];
        if (image.has(row, column)) inside.push(image.code(row, column, c));
      }
    if (kind === 'maxPool') return Math.max(...inside);
    const { scale, zeroPoint } = image.tensor.grid!;
    const mean = inside.reduce((sum, code) => sum + code, 0) / inside.length;
    return toCode(scale * (mean - zeroPoint), output.grid!);
  });
}

function resize({ mode, factors }: Resizing, image: Image, output: IntegerTensor): Values {
  const place = (at: number, factor: number, size: number) => {
    const position = clamp((at + 0.5) / factor - 0.5, 0, size - 1);
    const before = Math.floor(position);
    return { before, after: Math.min(before + 1, size - 1), weight: position - before };
  };
  return fill(output, (y, x, c) => {
    if (mode === 'nearest') return image.code(Math.floor(y / factors[0]), Math.floor(x / factors[1]), c);
    const row = place(y, factors[0], image.height);
    const column = place(x, factors[1], image.width);
    const at = (r: number) =>
      image.real(r, column.before, c) * (1 - column.weight) + image.real(r, column.after, c) * column.weight;
    return toCode(at(row.before) * (1 - row.weight) + at(row.after) * row.weight, output.grid!);
  });
}
