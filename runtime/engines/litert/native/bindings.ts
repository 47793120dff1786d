import type { TypeObject } from 'koffi';
import { AgentError, toAgentError } from '../../../errors.js';

/** An object of the library, as koffi hands it round. */
export type Handle = unknown;

/** A parameter that the function writes to. */
export type Out<Value> = [Value];

/** 0 is success; see `statusText`. */
export type Status = number;

/** `LiteRtRankedTensorType` */
export interface NativeTensorType {
  readonly elementType: number;
  readonly layout: {
    /** In the lower 7 bits; the highest says whether there are strides. */
    readonly rank: number;
    /** 8 of them. */
    readonly dims: readonly number[];
    readonly strides: readonly number[];
  };
}

/** The functions of libLiteRt.so 2.3.0 that are called, by their names there. Source: litert/c/*.h of that release. */
export interface Bindings {
  LiteRtCreateEnvironment(count: number, options: readonly EnvironmentOption[], out: Out<Handle>): Status;
  LiteRtCreateModelFromBuffer(environment: Handle, bytes: Uint8Array, size: number, out: Out<Handle>): Status;
  LiteRtDestroyModel(model: Handle): void;
  LiteRtCreateOptions(out: Out<Handle>): Status;
  LiteRtDestroyOptions(options: Handle): void;
  LiteRtSetOptionsHardwareAccelerators(options: Handle, accelerators: number): Status;
  LiteRtCreateOpaqueOptions(name: string, payload: Handle, free: Handle, out: Out<Handle>): Status;
  LiteRtAddOpaqueOptions(options: Handle, added: Handle): Status;
  LiteRtCreateCompiledModel: {
    (environment: Handle, model: Handle, options: Handle, out: Out<Handle>): Status;
    async(
      environment: Handle,
      model: Handle,
      options: Handle,
      out: Out<Handle>,
      done: (error: Error | null, status: Status) => void,
    ): void;
  };
  LiteRtDestroyCompiledModel(model: Handle): void;
  LiteRtCompiledModelIsFullyAccelerated(model: Handle, out: Out<boolean>): Status;
  LiteRtCreateTensorBufferFromHostMemory(
    type: NativeTensorType,
    memory: Uint8Array,
    size: number,
    free: null,
    out: Out<Handle>,
  ): Status;
  LiteRtDestroyTensorBuffer(buffer: Handle): void;
  LiteRtRunCompiledModel: {
    async(
      model: Handle,
      signature: number,
      inputCount: number,
      inputs: readonly Handle[],
      outputCount: number,
      outputs: readonly Handle[],
      done: (error: Error | null, status: Status) => void,
    ): void;
  };
}

/** `LiteRtEnvOption` with an integer for its value. */
export interface EnvironmentOption {
  readonly tag: number;
  readonly padding: number;
  readonly valueType: number;
  readonly valuePadding: number;
  readonly value: number;
}

export interface LitertLibrary extends Bindings {
  /** Returns a copy of the text, null-terminated, that the library frees with {@link LitertLibrary.free}. */
  copyText(text: string): Handle;
  /** The address of C's `free`. */
  readonly free: Handle;
  /** C's functions on file descriptors. */
  readonly files: {
    dup(descriptor: number): number;
    dup2(from: number, to: number): number;
    open(path: string, flags: number): number;
    close(descriptor: number): number;
  };
  /** Returns where the bytes of `memory` begin. */
  addressOf(memory: ArrayBuffer): bigint;
}

const libraries = new Map<string, Promise<LitertLibrary>>();

/**
 * Returns the library at `path`, which stays loaded as long as the process lives.
 *
 * @throws AgentError `engine_unavailable`
 */
export function loadLibrary(path: string): Promise<LitertLibrary> {
  const loaded = libraries.get(path) ?? bind(path);
  libraries.set(path, loaded);
  // One that is mended may be tried again.
  loaded.catch(() => libraries.delete(path));
  return loaded;
}

async function bind(path: string): Promise<LitertLibrary> {
  try {
    const { default: koffi } = await import('koffi');
    const types = declareTypes(koffi);
    const library = koffi.load(path);
    const bound = Object.entries(types.signatures).map(([name, [result, ...parameters]]) => {
      return [name, library.func(name, result, parameters)] as const;
    });
    const libc = koffi.load('libc.so.6');
    return {
      ...(Object.fromEntries(bound) as unknown as Bindings),
      copyText: libc.func('strdup', 'void *', ['str']) as LitertLibrary['copyText'],
      free: libc.symbol('free', 'void'),
      files: {
        dup: libc.func('dup', 'int', ['int']),
        dup2: libc.func('dup2', 'int', ['int', 'int']),
        open: libc.func('open', 'int', ['str', 'int']),
        close: libc.func('close', 'int', ['int']),
      },
      addressOf: (memory) => koffi.address(memory),
    };
  } catch (cause) {
    const message = `LiteRT's library ${path} cannot be loaded: ${toAgentError(cause).message}`;
    throw new AgentError('engine_unavailable', message, { cause, detail: { where: path } });
  }
}

type Signatures = Readonly<Record<keyof Bindings, readonly [result: TypeSpec, ...parameters: TypeSpec[]]>>;
type Koffi = typeof import('koffi')['default'];
type TypeSpec = string | TypeObject | ReturnType<Koffi['out']>;

let declared: { readonly signatures: Signatures } | undefined;

/** koffi knows types by name, once in a process. */
function declareTypes(koffi: Koffi): { readonly signatures: Signatures } {
  if (declared !== undefined) return declared;
  const handle = (name: string) => koffi.pointer(name, koffi.opaque());
  const environment = handle('LiteRtEnvironment');
  const model = handle('LiteRtModel');
  const options = handle('LiteRtOptions');
  const opaqueOptions = handle('LiteRtOpaqueOptions');
  const compiledModel = handle('LiteRtCompiledModel');
  const tensorBuffer = handle('LiteRtTensorBuffer');
  const layout = koffi.struct('LiteRtLayout', {
    rank: 'uint32_t',
    dims: koffi.array('int32_t', 8),
    strides: koffi.array('uint32_t', 8),
  });
  koffi.struct('LiteRtRankedTensorType', { elementType: 'int', layout });
  koffi.struct('LiteRtEnvOption', {
    tag: 'int',
    padding: 'int',
    valueType: 'int',
    valuePadding: 'int',
    value: 'int64_t',
  });
  const out = (type: string | TypeObject) => koffi.out(koffi.pointer(type));
  declared = {
    signatures: {
      LiteRtCreateEnvironment: ['int', 'int', 'LiteRtEnvOption *', out(environment)],
      LiteRtCreateModelFromBuffer: ['int', environment, 'void *', 'size_t', out(model)],
      LiteRtDestroyModel: ['void', model],
      LiteRtCreateOptions: ['int', out(options)],
      LiteRtDestroyOptions: ['void', options],
      LiteRtSetOptionsHardwareAccelerators: ['int', options, 'int'],
      LiteRtCreateOpaqueOptions: ['int', 'str', 'void *', 'void *', out(opaqueOptions)],
      LiteRtAddOpaqueOptions: ['int', options, opaqueOptions],
      LiteRtCreateCompiledModel: ['int', environment, model, options, out(compiledModel)],
      LiteRtDestroyCompiledModel: ['void', compiledModel],
      LiteRtCompiledModelIsFullyAccelerated: ['int', compiledModel, out('bool')],
      LiteRtCreateTensorBufferFromHostMemory: [
        'int',
        'LiteRtRankedTensorType *',
        'void *',
        'size_t',
        'void *',
        out(tensorBuffer),
      ],
      LiteRtDestroyTensorBuffer: ['void', tensorBuffer],
      LiteRtRunCompiledModel: [
        'int',
        compiledModel,
        'size_t',
        'size_t',
        'LiteRtTensorBuffer *',
        'size_t',
        'LiteRtTensorBuffer *',
      ],
    },
  };
  return declared;
}
