import type { ChannelGathering, ChannelRun } from '../../../lowering/integerGraph.js';
import type { IntegerWriter } from './integerWriter.js';

/** Writes gatherings of channels. A piece of a tensor that several of them read is cut out once. */
export class GatheringWriter {
  readonly #writer: IntegerWriter;
  readonly #pieces = new Map<string, number>();

  constructor(writer: IntegerWriter) {
    this.#writer = writer;
  }

  write({ runs, output }: ChannelGathering): void {
    const { model } = this.#writer;
    const pieces = runs.map((run) => this.#piece(run, output));
    model.concatenate(pieces, this.#writer.at(output), 3);
  }

  #piece({ tensor, start, size }: ChannelRun, output: string): number {
    const { model } = this.#writer;
    const [, height, width] = this.#writer.describe(output).shape;
    const shape = [1, height, width, size];
    if (tensor === null) return this.#padding(shape, output);
    const whole = this.#writer.at(tensor);
    if (start === 0 && size === this.#writer.describe(tensor).shape[3]) return whole;
    const key = `${start} ${size} ${tensor}`;
    const known = this.#pieces.get(key);
    if (known !== undefined) return known;
    const piece = model.like(whole, shape);
    model.slice(whole, piece, [0, 0, 0, start]);
    this.#pieces.set(key, piece);
    return piece;
  }

  #padding(shape: readonly number[], output: string): number {
    const { model } = this.#writer;
    const { grid } = model.at(this.#writer.at(output));
    const elements = shape.reduce((product, dim) => product * dim, 1);
    return grid === undefined
      ? model.constant(shape, new Float32Array(elements))
      : model.constant(shape, new Int8Array(elements), { grid });
  }
}
