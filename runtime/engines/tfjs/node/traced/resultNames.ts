import { AgentError } from '../../../../errors.js';

/** Operators by how TensorFlow calls their result. Functions refer to results by that name. */
const operatorsByResult: Readonly<Record<string, readonly string[]>> = {
  activations: ['Elu', 'LeakyRelu', 'Relu', 'Relu6'],
  output: [
    ...['AvgPool', 'BatchMatMul', 'BatchMatMulV2', 'ConcatV2', 'Conv2D', 'DepthwiseConv2dNative', 'GatherV2'],
    ...['Max', 'MaxPool', 'Mean', 'Min', 'Pad', 'PadV2', 'Reshape', 'ReverseV2', 'Slice', 'SplitV'],
    ...['StridedSlice', 'Sum'],
  ],
  product: ['MatMul'],
  resized_images: ['ResizeNearestNeighbor'],
  softmax: ['Softmax'],
  y: ['Abs', 'Cast', 'Ceil', 'Exp', 'Floor', 'Log', 'Neg', 'Round', 'Sigmoid', 'Sqrt', 'Tanh', 'Transpose'],
  z: ['Add', 'AddV2', 'Maximum', 'Minimum', 'Mul', 'NotEqual', 'Pow', 'RealDiv', 'Sub'],
};

const names = new Map(
  Object.entries(operatorsByResult).flatMap(([name, operators]) =>
    operators.map((op) => [op, name] as const),
  ),
);

/** @throws AgentError `op_unsupported` for an operator that is not known here */
export function resultName(op: string): string {
  const name = names.get(op);
  if (name !== undefined) return name;
  const message = `expected an operator of TensorFlow whose result's name is known, got ${op}`;
  throw new AgentError('op_unsupported', message, { detail: { got: op } });
}
