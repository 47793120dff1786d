import type {
  ChannelGathering,
  ChannelRun,
  IntegerGraph,
  IntegerTensor,
} from '../../../lowering/integerGraph.js';
import type { GraphWriter } from './graphWriter.js';

/** Writes gatherings of channels. A tensor that several of them read in pieces is split once, where the first of them stands. */
export class GatheringWriter {
  readonly #tensors: IntegerGraph['tensors'];
  /** Where the pieces of a tensor begin and end, ascending. */
  readonly #cuts = new Map<string, number[]>();
  readonly #pieces = new Map<string, readonly string[]>();

  constructor({ tensors, operations }: IntegerGraph) {
    this.#tensors = tensors;
    const cuts = new Map<string, Set<number>>();
    for (const operation of operations) {
      if (operation.kind !== 'gatherChannels') continue;
      for (const { tensor, start, size } of operation.runs) {
        if (tensor === null || this.#isWhole({ tensor, start, size })) continue;
        const known = cuts.get(tensor) ?? new Set([0, this.#channels(tensor)]);
        cuts.set(tensor, known.add(start).add(start + size));
      }
    }
    for (const [tensor, at] of cuts)
      this.#cuts.set(
        tensor,
        [...at].sort((a, b) => a - b),
      );
  }

  write(writer: GraphWriter, { runs, output }: ChannelGathering): void {
    const made = this.#tensors.get(output)!;
    const pieces = runs.flatMap((run) => this.#piecesOf(writer, run, made));
    if (pieces.length === 1) writer.standard('Identity', pieces, { output });
    else writer.standard('Concat', pieces, { output, attributes: { axis: 3 } });
  }

  #piecesOf(writer: GraphWriter, run: ChannelRun, made: IntegerTensor): readonly string[] {
    const { tensor, start, size } = run;
    if (tensor === null) return [padding(writer, made, size)];
    if (this.#isWhole(run)) return [tensor];
    const cuts = this.#cuts.get(tensor)!;
    let pieces = this.#pieces.get(tensor);
    if (pieces === undefined) {
      const sizes = cuts.slice(1).map((end, k) => end - cuts[k]!);
      pieces = writer.split(tensor, sizes, 3);
      this.#pieces.set(tensor, pieces);
    }
    return pieces.slice(cuts.indexOf(start), cuts.indexOf(start + size));
  }

  #isWhole({ tensor, start, size }: ChannelRun): boolean {
    return start === 0 && size === this.#channels(tensor!);
  }

  #channels(tensor: string): number {
    return this.#tensors.get(tensor)!.shape[3];
  }
}

function padding(writer: GraphWriter, { shape: [, height, width] }: IntegerTensor, size: number): string {
  const data = new Uint8Array(height * width * size);
  return writer.constant({ dtype: 'uint8', dims: [1, height, width, size], data });
}
