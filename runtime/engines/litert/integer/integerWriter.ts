import { AgentError } from '../../../errors.js';
import type { Grid, IntegerGraph, IntegerTensor } from '../../../lowering/integerGraph.js';
import type { ModelWriter } from '../tflite/modelWriter.js';
import type { TfliteGrid } from '../tflite/tfliteModel.js';

/** What codes of an integer graph have to be lowered by: LiteRT's are signed. */
export const signedOffset = 128;

/** Returns how a .tflite file states a grid. */
export function tfliteGrid({ scale, zeroPoint }: Grid): TfliteGrid {
  return { scales: [scale], zeroPoints: [zeroPoint - signedOffset] };
}

/** A model writer that knows the tensors of an integer graph by name. */
export class IntegerWriter {
  readonly model: ModelWriter;
  readonly #tensors: IntegerGraph['tensors'];
  readonly #written = new Map<string, number>();
  readonly #values = new Map<string, number>();
  readonly #valuesBetweenEnds = new Map<string, number>();

  constructor(model: ModelWriter, { tensors }: IntegerGraph) {
    this.model = model;
    this.#tensors = tensors;
  }

  describe(name: string): IntegerTensor {
    return this.#tensors.get(name)!;
  }

  /** The grid of a tensor of codes. */
  gridOf(name: string): Grid {
    return this.describe(name).grid!;
  }

  /** Returns the tensor of that name, made when it is first asked for. */
  at(name: string): number {
    const known = this.#written.get(name);
    if (known !== undefined) return known;
    const { shape, grid } = this.describe(name);
    const made = this.model.tensor(shape, {
      name,
      ...(grid && { type: 'int8' as const, grid: tfliteGrid(grid) }),
    });
    this.#written.set(name, made);
    return made;
  }

  /** Returns the float32 values that the codes of that name stand for. */
  valuesOf(name: string): number {
    if (this.describe(name).grid === null) return this.at(name);
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const values = this.model.tensor(this.describe(name).shape);
    this.model.operator('DEQUANTIZE', { inputs: [this.at(name)], outputs: [values] });
    this.#values.set(name, values);
    return values;
  }

  /** Returns the float32 values of the codes with two channels more, which hold the ends of the grid at each pixel. */
  valuesBetweenEnds(name: string): number {
    const known = this.#valuesBetweenEnds.get(name);
    if (known !== undefined) return known;
    const { model } = this;
    const codes = this.at(name);
    const [, height, width, channels] = this.describe(name).shape;
    const ends = Int8Array.from({ length: height * width * 2 }, (_, at) => (at % 2 === 0 ? -128 : 127));
    const more = model.constant([1, height, width, 2], ends, { grid: tfliteGrid(this.gridOf(name)) });
    const shape = [1, height, width, channels + 2];
    const joined = model.like(codes, shape);
    model.concatenate([codes, more], joined, 3);
    const values = model.tensor(shape);
    model.operator('DEQUANTIZE', { inputs: [joined], outputs: [values] });
    this.#valuesBetweenEnds.set(name, values);
    return values;
  }

  /** Adds a tensor of codes on another grid, in the shape of the one of that name. */
  on(grid: Grid, name: string): number {
    return this.model.tensor(this.describe(name).shape, { type: 'int8', grid: tfliteGrid(grid) });
  }

  /** @throws AgentError `op_unsupported` */
  refuse(what: string): never {
    const { label } = this.model;
    throw new AgentError('op_unsupported', `${label}: LiteRT does not run ${what} on int8`, {
      detail: { where: label },
    });
  }
}
