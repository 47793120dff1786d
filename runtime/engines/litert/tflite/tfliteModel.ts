import type { OperatorName } from './operatorTable.js';

export type TfliteType = 'float32' | 'int32' | 'int8';

/** How codes of a tensor stand for values: `value = scale * (code - zeroPoint)`, for all elements or by channel. */
export interface TfliteGrid {
  /** One, or one for each channel. */
  readonly scales: ArrayLike<number>;
  /** As many. */
  readonly zeroPoints: ArrayLike<number>;
  /** Axis of the channels. Default 0. */
  readonly axis?: number;
}

export interface TfliteTensor {
  readonly name: string;
  readonly type: TfliteType;
  /** Row-major, the slowest axis first; NHWC for images. */
  readonly shape: readonly number[];
  readonly grid?: TfliteGrid;
  /** The elements of a constant, in the machine's byte order, which is the file's: little-endian. */
  readonly data?: Float32Array | Int32Array | Int8Array;
}

export interface TfliteOperator {
  readonly name: OperatorName;
  /** How messages call what it was made for. */
  readonly label: string;
  /** Indices of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Readonly<Record<string, number>>;
}

/** A .tflite file's one subgraph, in memory. */
export interface TfliteModel {
  readonly tensors: readonly TfliteTensor[];
  /** In order of execution. */
  readonly operators: readonly TfliteOperator[];
  /** Indices of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
