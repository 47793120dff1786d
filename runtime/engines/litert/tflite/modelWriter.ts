import { elementCount } from '../../../graph/tensor.js';
import { activations, type OperatorName, type OperatorOptions } from './operatorTable.js';
import type { TfliteGrid, TfliteModel, TfliteOperator, TfliteTensor, TfliteType } from './tfliteModel.js';

interface TensorParts {
  readonly name?: string;
  readonly type?: TfliteType;
  readonly grid?: TfliteGrid;
}

interface OperatorParts {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** XNNPACK takes no more in one CONCATENATION. */
const longestConcatenation = 5;

/** Puts a model together, operator after operator. Tensors are indices. */
export class ModelWriter {
  readonly #tensors: TfliteTensor[] = [];
  readonly #operators: TfliteOperator[] = [];
  /** How messages call what the operators written now are for. */
  label = '';

  /** Adds a tensor that an operator or the caller fills; float32 by default. */
  tensor(shape: readonly number[], { name, type = 'float32', grid }: TensorParts = {}): number {
    return this.#push({
      name: name ?? `t${this.#tensors.length}`,
      type,
      shape,
      ...(grid && { grid }),
    });
  }

  /** Adds a tensor of float32 values, 32-bit integers or codes that never changes. */
  constant(
    shape: readonly number[],
    data: Float32Array | Int32Array | Int8Array,
    { name, grid }: Omit<TensorParts, 'type'> = {},
  ): number {
    const type = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int8';
    return this.#push({
      name: name ?? `c${this.#tensors.length}`,
      type,
      shape,
      data,
      ...(grid && { grid }),
    });
  }

  at(tensor: number): TfliteTensor {
    return this.#tensors[tensor]!;
  }

  operator<Name extends OperatorName>(
    name: Name,
    { inputs, outputs }: OperatorParts,
    ...[options]: keyof OperatorOptions<Name> extends never ? [] : [OperatorOptions<Name>]
  ): void {
    this.#operators.push({ name, label: this.label, inputs, outputs, options: options ?? {} });
  }

  /** Adds an operator of one output, on the grid of its first input, and returns that output. */
  derive<Name extends OperatorName>(
    name: Name,
    { inputs, shape }: { readonly inputs: readonly number[]; readonly shape: readonly number[] },
    ...options: keyof OperatorOptions<Name> extends never ? [] : [OperatorOptions<Name>]
  ): number {
    const output = this.like(inputs[0]!, shape);
    this.operator(name, { inputs, outputs: [output] }, ...options);
    return output;
  }

  /** Adds a tensor of the type and on the grid of another. */
  like(tensor: number, shape: readonly number[] = this.at(tensor).shape): number {
    const { type, grid } = this.at(tensor);
    return this.tensor(shape, { type, ...(grid && { grid }) });
  }

  /** Returns the tensor with its elements in another shape. */
  reshaped(tensor: number, shape: readonly number[]): number {
    const { shape: own, data, grid } = this.at(tensor);
    if (String(own) === String(shape)) return tensor;
    if (data !== undefined) return this.constant(shape, data, grid && { grid });
    const output = this.like(tensor, shape);
    this.reshape(tensor, output);
    return output;
  }

  reshape(input: number, output: number): void {
    const shape = this.ints(this.at(output).shape);
    this.operator('RESHAPE', { inputs: [input, shape], outputs: [output] });
  }

  /** @param order of the input's axes in the output */
  transpose(input: number, output: number, order: readonly number[]): void {
    this.operator('TRANSPOSE', { inputs: [input, this.ints(order)], outputs: [output] });
  }

  /** Returns the tensor with zeros around it; `pads` are [begin, end] of each axis. */
  padded(input: number, pads: readonly (readonly [number, number])[]): number {
    const { shape } = this.at(input);
    const amounts = this.constant([pads.length, 2], Int32Array.from(pads.flat()));
    return this.derive('PAD', {
      inputs: [input, amounts],
      shape: shape.map((size, axis) => size + pads[axis]![0] + pads[axis]![1]),
    });
  }

  /** Cuts as much as the output holds, from `begin` on. */
  slice(input: number, output: number, begin: readonly number[]): void {
    const size = this.at(output).shape;
    this.operator('SLICE', { inputs: [input, this.ints(begin), this.ints(size)], outputs: [output] });
  }

  /** Adds two tensors, broadcast. @param activation fused into it */
  add(inputs: readonly [number, number], output: number, activation: number = activations.none): void {
    this.operator('ADD', { inputs, outputs: [output] }, { activation });
  }

  /** Joins tensors along one axis. A single one is copied. */
  concatenate(inputs: readonly number[], output: number, axis: number): void {
    if (inputs.length === 1) return void this.reshape(inputs[0]!, output);
    const joined = [...inputs];
    while (joined.length > longestConcatenation) {
      const part = joined.splice(0, longestConcatenation);
      const size = part.reduce((sum, tensor) => sum + this.at(tensor).shape[axis]!, 0);
      const between = this.like(part[0]!, this.at(part[0]!).shape.with(axis, size));
      this.operator('CONCATENATION', { inputs: part, outputs: [between] }, { axis });
      joined.unshift(between);
    }
    this.operator('CONCATENATION', { inputs: joined, outputs: [output] }, { axis });
  }

  /** Adds a list of integers that never changes. */
  ints(values: readonly number[]): number {
    return this.constant([values.length], Int32Array.from(values));
  }

  /** Adds one float32 value that never changes. */
  scalar(value: number): number {
    return this.constant([1], Float32Array.of(value));
  }

  finish({ inputs, outputs }: OperatorParts): TfliteModel {
    return { tensors: this.#tensors, operators: this.#operators, inputs, outputs };
  }

  #push(tensor: TfliteTensor): number {
    if (tensor.data !== undefined && tensor.data.length !== elementCount(tensor.shape)) {
      throw new RangeError(
        `${tensor.name}: expected ${elementCount(tensor.shape)} elements, got ${tensor.data.length}`,
      );
    }
    return this.#tensors.push(tensor) - 1;
  }
}
