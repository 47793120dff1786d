import { Builder } from 'flatbuffers';
import { type OperatorEntry, type OptionField, operatorTable } from './operatorTable.js';
import type { TfliteGrid, TfliteModel, TfliteOperator, TfliteTensor, TfliteType } from './tfliteModel.js';

/** Numbers of element types. */
const typeCodes: Readonly<Record<TfliteType, number>> = { float32: 0, int32: 2, int8: 9 };

/** Version of the schema, and the mark of its files. */
const schemaVersion = 3;
const fileIdentifier = 'TFL3';

/** Where XNNPACK wants the elements of constants to begin. */
const dataAlignment = 16;

/** Codes from here on do not fit the field that came first. */
const placeholderCode = 127;

type Offset = number;

/** Returns the bytes of a .tflite file. Source of the slots: tensorflow/lite/schema/schema.fbs */
export function encodeTflite(model: TfliteModel): Uint8Array<ArrayBuffer> {
  return new TfliteEncoder(model).encode();
}

class TfliteEncoder {
  readonly #model: TfliteModel;
  readonly #builder: Builder;

  constructor(model: TfliteModel) {
    this.#model = model;
    const dataBytes = model.tensors.reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0);
    // Room for all of it: a builder that grows copies itself.
    this.#builder = new Builder(dataBytes + 512 * (model.tensors.length + model.operators.length) + 1024);
  }

  encode(): Uint8Array<ArrayBuffer> {
    const { tensors, operators } = this.#model;
    const constants = tensors.filter(({ data }) => data !== undefined);
    // Buffer 0 is empty by convention: that of tensors without data.
    const buffers = [this.#buffer(undefined), ...constants.map(({ data }) => this.#buffer(data))];
    const bufferOf = (tensor: TfliteTensor): number =>
      tensor.data === undefined ? 0 : constants.indexOf(tensor) + 1;
    const names = [...new Set(operators.map(({ name }) => name))];
    const tensorTable = this.#offsets(tensors.map((tensor) => this.#tensor(tensor, bufferOf(tensor))));
    const operatorList = this.#offsets(
      operators.map((operator) => this.#operator(operator, names.indexOf(operator.name))),
    );
    const codes = this.#offsets(names.map((name) => this.#operatorCode(operatorTable[name])));
    const subgraphs = this.#offsets([this.#subgraph(tensorTable, operatorList)]);
    const builder = this.#builder;
    const bufferList = this.#offsets(buffers);
    builder.startObject(5);
    builder.addFieldInt32(0, schemaVersion, 0);
    builder.addFieldOffset(1, codes, 0);
    builder.addFieldOffset(2, subgraphs, 0);
    builder.addFieldOffset(4, bufferList, 0);
    builder.finish(builder.endObject(), fileIdentifier);
    return builder.asUint8Array() as Uint8Array<ArrayBuffer>;
  }

  #subgraph(tensors: Offset, operators: Offset): Offset {
    const builder = this.#builder;
    const inputs = this.#ints(this.#model.inputs);
    const outputs = this.#ints(this.#model.outputs);
    const name = builder.createString('main');
    builder.startObject(5);
    builder.addFieldOffset(0, tensors, 0);
    builder.addFieldOffset(1, inputs, 0);
    builder.addFieldOffset(2, outputs, 0);
    builder.addFieldOffset(3, operators, 0);
    builder.addFieldOffset(4, name, 0);
    return builder.endObject();
  }

  #buffer(data: TfliteTensor['data']): Offset {
    const builder = this.#builder;
    let bytes: Offset = 0;
    if (data !== undefined && data.length > 0) {
      const { buffer, byteOffset, byteLength } = data;
      builder.prep(dataAlignment, byteLength);
      bytes = builder.createByteVector(new Uint8Array(buffer, byteOffset, byteLength));
    }
    builder.startObject(1);
    if (bytes !== 0) builder.addFieldOffset(0, bytes, 0);
    return builder.endObject();
  }

  #tensor({ name, type, shape, grid }: TfliteTensor, buffer: number): Offset {
    const builder = this.#builder;
    const nameOffset = builder.createString(name);
    const shapeOffset = this.#ints(shape);
    const gridOffset = grid === undefined ? 0 : this.#grid(grid);
    builder.startObject(9);
    builder.addFieldOffset(0, shapeOffset, 0);
    builder.addFieldInt8(1, typeCodes[type], 0);
    builder.addFieldInt32(2, buffer, 0);
    builder.addFieldOffset(3, nameOffset, 0);
    if (gridOffset !== 0) builder.addFieldOffset(4, gridOffset, 0);
    // Else a tensor of no axes is one whose shape is not known.
    builder.addFieldInt8(8, 1, 0);
    return builder.endObject();
  }

  #grid({ scales, zeroPoints, axis = 0 }: TfliteGrid): Offset {
    const builder = this.#builder;
    const scaleOffset = this.#vector(scales, { size: 4, add: (value) => builder.addFloat32(value) });
    const zeroOffset = this.#vector(zeroPoints, {
      size: 8,
      add: (value) => builder.addInt64(BigInt(value)),
    });
    builder.startObject(7);
    builder.addFieldOffset(2, scaleOffset, 0);
    builder.addFieldOffset(3, zeroOffset, 0);
    builder.addFieldInt32(6, axis, 0);
    return builder.endObject();
  }

  #operator({ name, inputs, outputs, options }: TfliteOperator, code: number): Offset {
    const builder = this.#builder;
    const { union, fields }: OperatorEntry = operatorTable[name];
    const inputOffset = this.#ints(inputs);
    const outputOffset = this.#ints(outputs);
    const optionOffset = union === 0 ? 0 : this.#options(fields, options);
    builder.startObject(5);
    builder.addFieldInt32(0, code, 0);
    builder.addFieldOffset(1, inputOffset, 0);
    builder.addFieldOffset(2, outputOffset, 0);
    if (union !== 0) {
      builder.addFieldInt8(3, union, 0);
      builder.addFieldOffset(4, optionOffset, 0);
    }
    return builder.endObject();
  }

  #options(fields: Readonly<Record<string, OptionField>>, values: Readonly<Record<string, number>>): Offset {
    const builder = this.#builder;
    const slots = Object.values(fields).map(({ slot }) => slot);
    builder.startObject(Math.max(-1, ...slots) + 1);
    for (const [name, { slot, kind }] of Object.entries(fields)) {
      const value = values[name] ?? 0;
      // Written even where they are the schema's defaults, which then need not be known here.
      if (kind === 'int8') builder.addFieldInt8(slot, value, value + 1);
      else if (kind === 'int32') builder.addFieldInt32(slot, value, value + 1);
      else builder.addFieldFloat32(slot, value, Number.NaN);
    }
    return builder.endObject();
  }

  #operatorCode({ code, version }: OperatorEntry): Offset {
    const builder = this.#builder;
    builder.startObject(4);
    builder.addFieldInt8(0, Math.min(code, placeholderCode), 0);
    builder.addFieldInt32(2, version, 1);
    builder.addFieldInt32(3, code, 0);
    return builder.endObject();
  }

  #ints(values: readonly number[]): Offset {
    return this.#vector(values, { size: 4, add: (value) => this.#builder.addInt32(value) });
  }

  #offsets(values: readonly Offset[]): Offset {
    return this.#vector(values, { size: 4, add: (value) => this.#builder.addOffset(value) });
  }

  /** Vectors are written from the end. */
  #vector(
    values: ArrayLike<number>,
    { size, add }: { readonly size: number; readonly add: (value: number) => void },
  ): Offset {
    this.#builder.startVector(size, values.length, size);
    for (let index = values.length - 1; index >= 0; index--) add(values[index]!);
    return this.#builder.endVector();
  }
}
