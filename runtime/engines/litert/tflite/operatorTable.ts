/**
 * The operators of .tflite files that are written here: the schema's numbers of each operator and of its options.
 * `version` is the lowest that has both float32 and int8. Source: tensorflow/lite/schema/schema.fbs; operator versions from
 * tensorflow/lite/tools/versioning/op_version.cc.
 */
export const operatorTable = {
  ABS: plain(101),
  ADD: { code: 0, version: 2, union: 11, fields: { activation: int8(0) } },
  AVERAGE_POOL_2D: { code: 1, version: 2, union: 5, fields: pooling() },
  BATCH_MATMUL: { code: 126, version: 1, union: 101, fields: {} },
  CEIL: plain(104),
  CONCATENATION: { code: 2, version: 2, union: 10, fields: { axis: int32(0) } },
  CONV_2D: {
    code: 3,
    version: 3,
    union: 1,
    fields: {
      padding: int8(0),
      strideW: int32(1),
      strideH: int32(2),
      activation: int8(3),
      dilationW: int32(4),
      dilationH: int32(5),
    },
  },
  DEPTHWISE_CONV_2D: {
    code: 4,
    version: 3,
    union: 2,
    fields: {
      padding: int8(0),
      strideW: int32(1),
      strideH: int32(2),
      depthMultiplier: int32(3),
      activation: int8(4),
      dilationW: int32(5),
      dilationH: int32(6),
    },
  },
  DEPTH_TO_SPACE: { code: 5, version: 2, union: 94, fields: { blockSize: int32(0) } },
  DEQUANTIZE: plain(6, 2),
  DIV: { code: 42, version: 1, union: 29, fields: {} },
  ELU: plain(111),
  EXP: plain(47),
  FLOOR: plain(8),
  FULLY_CONNECTED: { code: 9, version: 5, union: 8, fields: { activation: int8(0), keepNumDims: int8(2) } },
  HARD_SWISH: plain(117),
  LEAKY_RELU: { code: 98, version: 2, union: 75, fields: { alpha: float32(0) } },
  LOG: plain(73),
  LOGISTIC: plain(14, 2),
  MAXIMUM: plain(55, 2),
  MAX_POOL_2D: { code: 17, version: 2, union: 5, fields: pooling() },
  MEAN: { code: 40, version: 2, union: 27, fields: { keepDims: int8(0) } },
  MINIMUM: plain(57, 2),
  MUL: { code: 18, version: 2, union: 21, fields: {} },
  NEG: plain(59),
  PAD: plain(34, 2),
  PRELU: plain(54),
  QUANTIZE: plain(114, 2),
  REDUCE_MAX: { code: 82, version: 2, union: 27, fields: { keepDims: int8(0) } },
  REDUCE_MIN: { code: 89, version: 2, union: 27, fields: { keepDims: int8(0) } },
  RELU: plain(19, 2),
  RELU6: plain(21, 2),
  RESHAPE: plain(22),
  RESIZE_BILINEAR: {
    code: 23,
    version: 3,
    union: 15,
    fields: { alignCorners: int8(2), halfPixelCenters: int8(3) },
  },
  ROUND: plain(116),
  SLICE: plain(65, 2),
  SOFTMAX: { code: 25, version: 2, union: 9, fields: { beta: float32(0) } },
  SQRT: plain(75),
  SUB: { code: 41, version: 2, union: 28, fields: {} },
  SUM: { code: 74, version: 2, union: 27, fields: { keepDims: int8(0) } },
  TANH: plain(28, 2),
  TRANSPOSE: plain(39, 2),
} as const satisfies Readonly<Record<string, OperatorEntry>>;

export type OperatorName = keyof typeof operatorTable;

/** The options of an operator by the names of its fields; bytes that are flags are 0 or 1. */
export type OperatorOptions<Name extends OperatorName> = {
  readonly [Field in keyof (typeof operatorTable)[Name]['fields']]: number;
};

export interface OperatorEntry {
  readonly code: number;
  readonly version: number;
  /** Number of the table of options in the union of all; 0 for an operator that needs none. */
  readonly union: number;
  readonly fields: Readonly<Record<string, OptionField>>;
}

export interface OptionField {
  readonly slot: number;
  readonly kind: 'int8' | 'int32' | 'float32';
}

/** Values of `padding`: as many windows as strides go into the size, the padding shared out; or none. */
export const padding = { same: 0, valid: 1 } as const;

/** Values of `activation`. */
export const activations = { none: 0, relu: 1, relu6: 3 } as const;

function plain(code: number, version = 1) {
  return { code, version, union: 0, fields: {} } as const;
}

function pooling() {
  return {
    padding: int8(0),
    strideW: int32(1),
    strideH: int32(2),
    filterW: int32(3),
    filterH: int32(4),
  } as const;
}

function int8(slot: number): OptionField {
  return { slot, kind: 'int8' };
}

function int32(slot: number): OptionField {
  return { slot, kind: 'int32' };
}

function float32(slot: number): OptionField {
  return { slot, kind: 'float32' };
}
