import { AgentError } from '../../../errors.js';
import { elementCount } from '../../../graph/tensor.js';
import type { TfliteTensor, TfliteType } from '../tflite/tfliteModel.js';
import type { Handle, LitertLibrary, NativeTensorType } from './bindings.js';
import { environmentOf } from './environment.js';
import { hasGreeted, quietly } from './quietly.js';
import { assertOk, created, createdAside, statusOf } from './status.js';

/** Bit of the CPU in a set of accelerators. */
const cpu = 1;

/** `LiteRtElementType` */
const elementTypes: Readonly<Record<TfliteType, number>> = { float32: 1, int32: 2, int8: 9 };

const elementBytes: Readonly<Record<TfliteType, number>> = { float32: 4, int32: 4, int8: 1 };

/** Returns the bytes that a tensor's elements take. */
export function tensorBytes({ type, shape }: TfliteTensor): number {
  return elementBytes[type] * elementCount(shape);
}

/** A model that the library has made ready to run. One run at a time; no call after `dispose`. */
export class CompiledModel {
  readonly #library: LitertLibrary;
  readonly #model: Handle;
  readonly #compiled: Handle;
  /** The file's bytes, which the library reads as long as the model lives. */
  readonly file: Uint8Array;
  readonly #inputs: readonly NativeTensorType[];
  readonly #outputs: readonly NativeTensorType[];

  private constructor(library: LitertLibrary, handles: { model: Handle; compiled: Handle }, from: ModelFile) {
    this.#library = library;
    this.#model = handles.model;
    this.#compiled = handles.compiled;
    this.file = from.bytes;
    this.#inputs = from.inputs.map(nativeType);
    this.#outputs = from.outputs.map(nativeType);
  }

  /**
   * Leaves this thread free meanwhile, but for the first model of a process.
   *
   * @param threads of one run
   * @throws AgentError `engine_load_failed`
   */
  static async load(library: LitertLibrary, from: ModelFile, threads: number): Promise<CompiledModel> {
    const environment = environmentOf(library);
    const { bytes } = from;
    const model = created('read the model', (out) =>
      library.LiteRtCreateModelFromBuffer(environment, bytes, bytes.byteLength, out),
    );
    try {
      const compiled = await compile(library, { environment, model, threads });
      return new CompiledModel(library, { model, compiled }, from);
    } catch (error) {
      library.LiteRtDestroyModel(model);
      throw error;
    }
  }

  /** Whether XNNPACK runs all of it. An operator that it does not run costs up to 10 times as much. */
  get isFullyAccelerated(): boolean {
    const out: [boolean] = [false];
    const status = this.#library.LiteRtCompiledModelIsFullyAccelerated(this.#compiled, out);
    assertOk(status, 'say how it runs the model', 'engine_load_failed');
    return out[0];
  }

  /**
   * Runs the model once, off this thread. All memory is as `alignedMemory` makes it, in the order of the model's inputs and
   * outputs, and is the library's until the promise is settled.
   *
   * @throws AgentError `engine_run_failed`
   */
  async run(inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): Promise<void> {
    const buffers: Handle[] = [];
    try {
      const take = (type: NativeTensorType, memory: Uint8Array): Handle => {
        const buffer = this.#buffer(type, memory);
        buffers.push(buffer);
        return buffer;
      };
      const read = this.#inputs.map((type, index) => take(type, memoryAt(inputs, index)));
      const written = this.#outputs.map((type, index) => take(type, memoryAt(outputs, index)));
      await this.#invoke(read, written);
    } finally {
      for (const buffer of buffers) this.#library.LiteRtDestroyTensorBuffer(buffer);
    }
  }

  dispose(): void {
    this.#library.LiteRtDestroyCompiledModel(this.#compiled);
    this.#library.LiteRtDestroyModel(this.#model);
  }

  /** The memory is not copied. */
  #buffer(type: NativeTensorType, memory: Uint8Array): Handle {
    return created('take memory for a tensor', (out) =>
      this.#library.LiteRtCreateTensorBufferFromHostMemory(type, memory, memory.byteLength, null, out),
    );
  }

  async #invoke(inputs: readonly Handle[], outputs: readonly Handle[]): Promise<void> {
    const { LiteRtRunCompiledModel: run } = this.#library;
    const status = await statusOf(
      (done) => run.async(this.#compiled, 0, inputs.length, inputs, outputs.length, outputs, done),
      'engine_run_failed',
    );
    assertOk(status, 'run the model', 'engine_run_failed');
  }
}

/** A .tflite file and what its inputs and outputs are. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly inputs: readonly TfliteTensor[];
  readonly outputs: readonly TfliteTensor[];
}

interface CompileParts {
  readonly environment: Handle;
  readonly model: Handle;
  readonly threads: number;
}

async function compile(
  library: LitertLibrary,
  { environment, model, threads }: CompileParts,
): Promise<Handle> {
  const options = created('make options', (out) => library.LiteRtCreateOptions(out));
  try {
    assertOk(
      library.LiteRtSetOptionsHardwareAccelerators(options, cpu),
      'choose the CPU',
      'engine_load_failed',
    );
    const payload = library.copyText(`num_threads = ${threads}\n`);
    const xnnpack = created('make the options of XNNPACK', (out) =>
      library.LiteRtCreateOpaqueOptions('xnnpack', payload, library.free, out),
    );
    assertOk(library.LiteRtAddOpaqueOptions(options, xnnpack), 'set threads', 'engine_load_failed');
    const { LiteRtCreateCompiledModel: create } = library;
    return await createdAside('compile the model', async (out) =>
      hasGreeted(library)
        ? statusOf((done) => create.async(environment, model, options, out, done), 'engine_load_failed')
        : quietly(library, () => create(environment, model, options, out)),
    );
  } finally {
    library.LiteRtDestroyOptions(options);
  }
}

function nativeType({ type, shape }: TfliteTensor): NativeTensorType {
  const dims = Array.from({ length: 8 }, (_, axis) => shape[axis] ?? 0);
  const strides = Array.from({ length: 8 }, () => 0);
  return { elementType: elementTypes[type], layout: { rank: shape.length, dims, strides } };
}

function memoryAt(memories: readonly Uint8Array[], index: number): Uint8Array {
  const memory = memories[index];
  if (memory !== undefined) return memory;
  throw new AgentError('engine_run_failed', `expected memory for tensor ${index}, got none`);
}
