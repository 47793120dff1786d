import type { TensorType } from '../../graph/passes/shapes/rule.js';
import { float32Tensor, type Tensor } from '../../graph/tensor.js';
import type { RunObserver, Session, TensorInfo, TensorMap } from '../engine.js';
import { readFeed } from '../feeds.js';
import { type ImageCodes, imageCodes } from '../imageCodes.js';
import { InFlight } from '../inFlight.js';
import { inPieces, pieceNames, piecesOf } from '../outputInPieces.js';
import { alignedMemory } from './native/alignedMemory.js';
import type { LitertLibrary } from './native/bindings.js';
import { type CompiledModel, tensorBytes } from './native/compiledModel.js';
import { toSignedCodes } from './signedCodes.js';
import type { EncodedModel } from './writtenModel.js';

interface SessionParts {
  readonly library: LitertLibrary;
  /** Absent where all outputs are feeds and constants. Disposed of with the session. */
  readonly compiled: CompiledModel | undefined;
  readonly encoded: Omit<EncodedModel, 'bytes'>;
}

/** In the order of the model's outputs. */
type OutputMemory = readonly Uint8Array<ArrayBuffer>[];

/** Memory that a run's tensors lie in, until it is given back: what is given back twice is taken once. */
interface Loan {
  readonly lender: object;
  memory: OutputMemory | undefined;
}

/** Tensors carry their loan: found by a WeakMap, sessions that are gone would leave 70 KB each behind. */
const loan = Symbol('loan');

type LentTensor = Tensor & { readonly [loan]?: Loan };

/** Enough for the detections that a server lets overlap. */
const spareLimit = 4;

/** A graph that LiteRT has loaded. Runs do not block the caller's thread; those that overlap follow each other. */
export class LitertSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly loweringNote?: string;
  readonly #parts: SessionParts;
  readonly #codes: ReadonlyMap<string, ImageCodes>;
  /** Where feeds are put for the library, in the order of the model's inputs. */
  readonly #fed: readonly Uint8Array<ArrayBuffer>[];
  readonly #inFlight: InFlight;
  /** Memory of outputs that was given back, a run's together. */
  readonly #spare: OutputMemory[] = [];
  /** The end of the last run that was begun. */
  #lastRun: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts) {
    const { library, compiled, encoded } = parts;
    const { inputs, outputs, fedBy, extent } = encoded.surface;
    this.#codes = new Map(fedBy.flatMap(({ name, codes }) => (codes === undefined ? [] : [[name, codes]])));
    this.inputs = [...inputs].map(([name, { dtype }]) => {
      const codes = this.#codes.get(name);
      return codes === undefined ? { name, dtype } : { name, dtype, codes };
    });
    this.outputs = outputs;
    if (extent !== undefined) this.loweringNote = `lowered to integer operators, ${extent}`;
    this.#parts = parts;
    this.#fed = encoded.inputs.map((tensor) => alignedMemory(library, tensorBytes(tensor)));
    this.#inFlight = new InFlight(async () => compiled?.dispose());
  }

  run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap> {
    return this.#inFlight.run(() => {
      const run = this.#lastRun.then(() => this.#run(feeds, outputs, observer));
      this.#lastRun = run.catch(() => undefined);
      return run;
    });
  }

  recycle(results: TensorMap): void {
    const lent = Object.values(piecesOf(results) as Readonly<Record<string, LentTensor>>)
      .map((tensor) => tensor[loan])
      .find((one) => one?.lender === this.#spare);
    const memory = lent?.memory;
    if (lent === undefined || memory === undefined) return;
    lent.memory = undefined;
    if (this.#spare.length < spareLimit) this.#spare.push(memory);
  }

  dispose(): Promise<void> {
    return this.#inFlight.close();
  }

  async #run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap> {
    const { surface } = this.#parts.encoded;
    const names = outputs ?? this.outputs.map(({ name }) => name);
    const asked = pieceNames(names, this.outputs);
    for (const [name, type] of surface.inputs) readFeed(feeds, name, this.#expected(feeds, name, type));
    const started = performance.now();
    const made = await this.#invoke(feeds);
    observer?.onRan(performance.now() - started);
    const lent: Loan = { lender: this.#spare, memory: made };
    const given = Object.fromEntries(asked.map((name) => [name, this.#output(name, { feeds, made, lent })]));
    return inPieces(names, { outputs: this.outputs, given });
  }

  /** An image may come as codes. */
  #expected(feeds: TensorMap, name: string, type: TensorType): TensorType {
    const codes = this.#codes.get(name);
    return codes !== undefined && feeds[name]?.dtype === 'uint8'
      ? { dtype: 'uint8', dims: codes.dims }
      : type;
  }

  /** Returns the model's outputs, in memory that is the caller's. */
  async #invoke(feeds: TensorMap): Promise<OutputMemory> {
    const { library, compiled, encoded } = this.#parts;
    if (compiled === undefined) return [];
    for (const [index, { name, codes }] of encoded.surface.fedBy.entries()) {
      const memory = this.#fed[index]!;
      const feed = feeds[name]!;
      const isValues = codes !== undefined && feed.dtype !== 'uint8';
      memory.set(bytesOf(isValues ? imageCodes(feed, codes) : feed));
      if (codes !== undefined) toSignedCodes(memory);
    }
    const made =
      this.#spare.pop() ?? encoded.outputs.map((tensor) => alignedMemory(library, tensorBytes(tensor)));
    await compiled.run(this.#fed, made);
    return made;
  }

  #output(
    name: string,
    { feeds, made, lent }: { readonly feeds: TensorMap; readonly made: OutputMemory; readonly lent: Loan },
  ): Tensor {
    const { source, type } = this.#parts.encoded.surface.made.get(name)!;
    if ('feed' in source) return copied(feeds[source.feed]!, type);
    if ('constant' in source) return copied(source.constant, type);
    const { buffer, byteOffset, byteLength } = made[source.output]!;
    const values = new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
    // Two outputs may be one tensor, of which each caller owns a copy.
    if (source.isShared) return float32Tensor(type.dims, values.slice());
    return Object.defineProperty(float32Tensor(type.dims, values), loan, { value: lent });
  }
}

function bytesOf({ data: { buffer, byteOffset, byteLength } }: Tensor): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function copied({ data }: Tensor, { dtype, dims }: TensorType): Tensor {
  return { dtype, dims, data: data.slice() };
}
