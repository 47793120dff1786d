import { activations } from '../activation.js';
import type { Graph } from '../graph/graph.js';
import { elementCount, type Tensor } from '../graph/tensor.js';
import type { OutputPart, UnpackedOutput } from '../lowering/outputs/unpackedOutput.js';
import type { TensorInfo, TensorMap } from './engine.js';

/**
 * An output in the pieces in which the network left it. Whoever reads its `data` has them put together first; a head reads what it
 * needs where it lies.
 */
export class JoinedOutput implements Tensor {
  readonly dtype = 'float32';
  readonly unpacked: UnpackedOutput;
  /** By name. */
  readonly pieces: TensorMap;
  #data: Float32Array | undefined;

  constructor(unpacked: UnpackedOutput, pieces: TensorMap) {
    this.unpacked = unpacked;
    this.pieces = pieces;
  }

  get dims(): readonly number[] {
    return this.unpacked.dims;
  }

  get data(): Float32Array {
    this.#data ??= this.#joined();
    return this.#data;
  }

  #joined(): Float32Array {
    const { dims, parts } = this.unpacked;
    const data = new Float32Array(elementCount(dims));
    const steps = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
    for (const part of parts) copyPart(part, { source: this.#piece(part), data, steps });
    return data;
  }

  #piece({ source }: OutputPart): Float32Array {
    return this.pieces[source]!.data as Float32Array;
  }
}

interface CopyTarget {
  readonly source: Float32Array;
  /** Of the output, row-major, and from one element to the next along each axis. */
  readonly data: Float32Array;
  readonly steps: readonly number[];
}

function copyPart(part: OutputPart, { source, data, steps }: CopyTarget): void {
  const { firsts, sizes, activation } = part;
  const copyAxis = (axis: number, from: number, to: number): void => {
    if (axis === sizes.length) {
      data[to] = activations[activation](source[from]!);
      return;
    }
    for (let index = 0; index < sizes[axis]!; index++)
      copyAxis(axis + 1, from + index * part.steps[axis]!, to + index * steps[axis]!);
  };
  copyAxis(
    0,
    part.start,
    firsts.reduce((sum, first, axis) => sum + first * steps[axis]!, 0),
  );
}

/** Returns what a session says of the graph's outputs, some of which it leaves in pieces. */
export function outputInfos(
  { outputs }: Pick<Graph, 'outputs'>,
  unpacked: Readonly<Record<string, UnpackedOutput>>,
): TensorInfo[] {
  return outputs.map(({ name, dtype }) => {
    const own = unpacked[name];
    return own === undefined ? { name, dtype } : { name, dtype, unpacked: own };
  });
}

/** Returns the names under which a session is asked for outputs: those of their pieces, where it leaves them in pieces. */
export function pieceNames(names: readonly string[], outputs: readonly TensorInfo[]): string[] {
  const asked = names.flatMap((name) => {
    const unpacked = unpackedOf(name, outputs);
    return unpacked === undefined ? [name] : unpacked.parts.map(({ source }) => source);
  });
  return [...new Set(asked)];
}

/** Returns the outputs of these names that a session gave under `pieceNames`. */
export function joinPieces(
  names: readonly string[],
  { outputs, pieces }: { readonly outputs: readonly TensorInfo[]; readonly pieces: TensorMap },
): TensorMap {
  return Object.fromEntries(
    names.map((name) => {
      const unpacked = unpackedOf(name, outputs);
      return [name, unpacked === undefined ? pieces[name]! : new JoinedOutput(unpacked, pieces)];
    }),
  );
}

/** Returns what `joinPieces` was given, to be sent elsewhere. */
export function piecesOf(results: TensorMap): TensorMap {
  const pieces = Object.entries(results).map(([name, tensor]) =>
    tensor instanceof JoinedOutput ? tensor.pieces : { [name]: tensor },
  );
  return Object.assign({}, ...pieces) as TensorMap;
}

function unpackedOf(name: string, outputs: readonly TensorInfo[]): UnpackedOutput | undefined {
  return outputs.find((output) => output.name === name)?.unpacked;
}
