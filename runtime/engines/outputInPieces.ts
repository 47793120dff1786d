import { activations } from '../activation.js';
import { AgentError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { rowMajorStrides } from '../graph/passes/constants/elements.js';
import { elementCount, type Tensor } from '../graph/tensor.js';
import type { OutputPart, UnpackedOutput } from '../lowering/outputs/unpackedOutput.js';
import type { TensorInfo, TensorMap } from './engine.js';

/**
 * An output in the pieces in which the network left it, which other outputs may share. Whoever reads its `data` has them joined
 * first; a head reads what it needs where it lies.
 */
export class OutputInPieces implements Tensor {
  readonly dtype = 'float32';
  readonly unpacked: UnpackedOutput;
  /** By name, those of `unpacked`. */
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
    const steps = rowMajorStrides(dims);
    for (const part of parts) {
      const source = this.pieces[part.source]!.data as Float32Array;
      copyPart(part, { source, data, steps });
    }
    return data;
  }
}

interface CopyTarget {
  readonly source: Float32Array;
  /** Of the output, row-major, and from one element to the next along each axis. */
  readonly data: Float32Array;
  readonly steps: readonly number[];
}

function copyPart(part: OutputPart, { source, data, steps }: CopyTarget): void {
  const { firsts, sizes } = part;
  const activate = activations[part.activation];
  const last = sizes.length - 1;
  const copyAxis = (axis: number, from: number, to: number): void => {
    const [fromStep, toStep] = [part.steps[axis]!, steps[axis]!];
    const size = sizes[axis]!;
    if (axis === last) {
      for (let index = 0; index < size; index++) {
        data[to + index * toStep] = activate(source[from + index * fromStep]!);
      }
      return;
    }
    for (let index = 0; index < size; index++) {
      copyAxis(axis + 1, from + index * fromStep, to + index * toStep);
    }
  };
  const first = firsts.reduce((sum, place, axis) => sum + place * steps[axis]!, 0);
  copyAxis(0, part.start, first);
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

/**
 * Returns the names under which a session is asked for outputs: those of their pieces, where it leaves them in pieces.
 *
 * @throws AgentError `engine_run_failed` for a name that is not among the outputs
 */
export function pieceNames(names: readonly string[], outputs: readonly TensorInfo[]): string[] {
  return [...new Set(names.flatMap((name) => sourcesOf(infoOf(name, outputs))))];
}

/** Returns the outputs of these names that a session gave under `pieceNames`. */
export function inPieces(
  names: readonly string[],
  { outputs, given }: { readonly outputs: readonly TensorInfo[]; readonly given: TensorMap },
): TensorMap {
  return Object.fromEntries(
    names.map((name) => {
      const info = infoOf(name, outputs);
      if (info.unpacked === undefined) return [name, given[name]!];
      const pieces = Object.fromEntries(sourcesOf(info).map((source) => [source, given[source]!]));
      return [name, new OutputInPieces(info.unpacked, pieces)];
    }),
  );
}

/** Returns what `inPieces` was given, to be sent elsewhere. */
export function piecesOf(results: TensorMap): TensorMap {
  const pieces = Object.entries(results).map(([name, tensor]) =>
    tensor instanceof OutputInPieces ? tensor.pieces : { [name]: tensor },
  );
  return Object.assign({}, ...pieces) as TensorMap;
}

function infoOf(name: string, outputs: readonly TensorInfo[]): TensorInfo {
  const info = outputs.find((output) => output.name === name);
  if (info !== undefined) return info;
  const expected = outputs.map((output) => output.name);
  const message = `expected outputs among ${expected.join(', ')}, got "${name}"`;
  throw new AgentError('engine_run_failed', message, { detail: { expected, got: name } });
}

function sourcesOf({ name, unpacked }: TensorInfo): string[] {
  return unpacked === undefined ? [name] : [...new Set(unpacked.parts.map(({ source }) => source))];
}
