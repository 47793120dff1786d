import { floatAttribute, intAttribute } from '../../../../graph/graph.js';
import { onnxLayout } from '../../../layout/layout.js';
import type { ModelWriter } from '../../tflite/modelWriter.js';
import { activations } from '../../tflite/operatorTable.js';
import type { Operator } from '../operator.js';
import { requireConstant, requireRank } from '../requirements.js';

/** Products of rows with a constant matrix, and of two stacks of matrices that are computed, as in attention. */
const matMul: Operator = (context) => {
  const { view, outputs } = context;
  const [left = [], right = []] = view.types.map((type) => type!.dims);
  const isStack = left.length > 2 && left.length === right.length;
  if (isStack && view.constants.every((constant) => constant === undefined)) {
    return {
      reads: [onnxLayout(left.length), onnxLayout(right.length)],
      writes: [onnxLayout(outputs[0]!.dims.length)],
      action: (writer, [a, b], [output]) =>
        writer.operator('BATCH_MATMUL', { inputs: [a!, b!], outputs: [output] }),
    };
  }
  requireConstant(context, [1]);
  requireRank({ ...context, view: { ...view, types: [view.types[1]] } }, 2);
  return {
    reads: [onnxLayout(left.length), [1, 0]],
    writes: [onnxLayout(outputs[0]!.dims.length)],
    action: (writer, [x, weights], [output]) =>
      writeRowProducts(writer, { x: x!, weights: weights!, bias: zeros(writer, right[1]!), output }),
  };
};

/** alpha * A' * B' + beta * C with constant B and C, where A' and B' are transposed if so asked and C is one row. */
const gemm: Operator = (context) => {
  requireConstant(context, [1, 2]);
  const { view } = context;
  const { node } = view;
  const [transA, transB] = ['transA', 'transB'].map((name) => intAttribute(node, name, 0) === 1);
  const columns = view.types[1]!.dims[transB ? 0 : 1]!;
  const scaled = (index: number, factor: number): Float32Array | undefined =>
    view.constants[index] && Float32Array.from(view.constants[index].data as Float32Array, (v) => v * factor);
  const row = scaled(2, floatAttribute(node, 'beta', 1)) ?? new Float32Array(columns);
  const bias = row.length === columns ? row : new Float32Array(columns).fill(row[0]!);
  const alpha = floatAttribute(node, 'alpha', 1);
  return {
    reads: [transA ? [1, 0] : [0, 1], transB ? [0, 1] : [1, 0]],
    writes: [[0, 1]],
    action: (writer, [x, weights], [output]) => {
      const { shape, data } = writer.at(weights!);
      const factors = writer.constant(
        shape,
        (data as Float32Array).map((value) => value * alpha),
      );
      writeRowProducts(writer, { x: x!, weights: factors, bias: writer.constant([columns], bias), output });
    },
  };
};

export const matrixOperators: Readonly<Record<string, Operator>> = { MatMul: matMul, Gemm: gemm };

interface RowProducts {
  readonly x: number;
  /** [columns, rows of x] */
  readonly weights: number;
  readonly bias: number;
  readonly output: number;
}

function writeRowProducts(writer: ModelWriter, { x, weights, bias, output }: RowProducts): void {
  const options = { activation: activations.none, keepNumDims: 1 };
  writer.operator('FULLY_CONNECTED', { inputs: [x, weights, bias], outputs: [output] }, options);
}

function zeros(writer: ModelWriter, count: number): number {
  return writer.constant([count], new Float32Array(count));
}
