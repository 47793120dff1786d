import type { TfTensor } from '../operator.js';

/** A tensor as kernels hand it on. Its identity is that of `dataId`. */
export interface KernelTensor {
  readonly dataId: object;
}

/** A tensor as TensorFlow's library holds it. */
export interface NativeTensor {
  /** A value of TensorFlow's enum `DataType`. */
  readonly dtype: number;
  readonly shape: readonly number[];
}

export interface OpAttribute {
  readonly name: string;
  /** One of the binding's `TF_ATTR_` constants. */
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node's backend that its kernels call, and what beside it is needed to run graphs. */
export interface KernelBackend {
  executeSingleOutput(op: string, attributes: OpAttribute[], inputs: KernelTensor[]): TfTensor;
  executeMultipleOutputs(
    op: string,
    attributes: OpAttribute[],
    inputs: KernelTensor[],
    outputs: number,
  ): TfTensor[];
  /** Uploads the tensors that are not yet, and returns the library's numbers for all. */
  getInputTensorIds(tensors: readonly KernelTensor[]): number[];
  createOutputTensor(result: NativeTensor & { readonly id: number }): TfTensor;
  readSync(dataId: object): Float32Array | Int32Array | Uint8Array;
  readonly tensorMap: { get(dataId: object): NativeTensor };
  readonly binding: Binding;
}

/** The part of tfjs-node's native module that runs graphs. */
interface Binding {
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  /** Returns the number of the session that it makes. Nothing is read from the folder afterwards. */
  loadSavedModel(folder: string, tags: string): number;
  /** @param inputNames names of tensors, `node:output`, separated by commas, like `outputNames` */
  runSavedModel(
    session: number,
    inputIds: readonly number[],
    inputNames: string,
    outputNames: string,
  ): (NativeTensor & { readonly id: number })[];
  deleteSavedModel(session: number): void;
}
