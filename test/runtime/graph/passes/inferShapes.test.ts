import test from 'ava';
import { AgentError } from '../../../../runtime/errors.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor, type Tensor } from '../../../../runtime/graph/tensor.js';
import { runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

/** Each adds one node to be checked to a graph with the input `x` of [1, 4, 9, 7], and returns its outputs. */
const cases: Readonly<Record<string, (g: Builder, x: string) => string | string[]>> = {
  'Conv in groups, strided and dilated': (g, x) =>
    g.node('Conv', [x, g.weights(8, 2, 3, 3)], {
      attributes: { strides: [2, 1], dilations: [1, 2], pads: [1, 0, 0, 2], group: 2 },
    }),
  'Conv with auto_pad SAME_UPPER': (g, x) =>
    g.node('Conv', [x, g.weights(8, 4, 3, 3)], { attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] } }),
  'Conv with auto_pad VALID': (g, x) =>
    g.node('Conv', [x, g.weights(8, 4, 3, 3)], { attributes: { auto_pad: 'VALID' } }),
  ConvTranspose: (g, x) =>
    g.node('ConvTranspose', [x, g.weights(4, 3, 2, 3)], {
      attributes: { strides: [2, 2], pads: [0, 1, 0, 0], output_padding: [0, 1] },
    }),
  'ConvTranspose in groups, dilated': (g, x) =>
    g.node('ConvTranspose', [x, g.weights(4, 3, 3, 3)], { attributes: { group: 2, dilations: [2, 1] } }),
  'ConvTranspose to a given size': (g, x) =>
    g.node('ConvTranspose', [x, g.weights(4, 3, 3, 3)], {
      attributes: { strides: [2, 2], output_shape: [20, 15] },
    }),
  'ConvTranspose with auto_pad SAME_UPPER': (g, x) =>
    g.node('ConvTranspose', [x, g.weights(4, 3, 3, 3)], {
      attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
    }),
  Sum: (g, x) => g.node('Sum', [x, g.weights(7), g.weights(1, 4, 1, 1)]),
  InstanceNormalization: (g, x) => g.node('InstanceNormalization', [x, g.weights(4), g.weights(4)]),
  MaxPool: (g, x) =>
    g.node('MaxPool', [x], { attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } }),
  'MaxPool with indices': (g, x) =>
    g.nodeWithOutputs('MaxPool', [x], { count: 2, attributes: { kernel_shape: [2, 2] } }),
  'MaxPool rounding up': (g, x) =>
    g.node('MaxPool', [x], { attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 } }),
  'MaxPool rounding up to a window in the padding': (g, x) =>
    g.node('MaxPool', [x], {
      attributes: { kernel_shape: [1, 1], strides: [4, 4], pads: [0, 0, 0, 0], ceil_mode: 1 },
    }),
  AveragePool: (g, x) =>
    g.node('AveragePool', [x], { attributes: { kernel_shape: [3, 2], pads: [1, 0, 1, 1], ceil_mode: 1 } }),
  GlobalAveragePool: (g, x) => g.node('GlobalAveragePool', [x]),
  'Add, broadcast from the left': (g, x) => g.node('Add', [x, g.weights(4, 1, 1)]),
  'Mul, broadcast to a larger rank': (g, x) => g.node('Mul', [x, g.weights(2, 1, 4, 1, 1)]),
  'Sub and Div': (g, x) => g.node('Div', [g.node('Sub', [x, g.weights(1)]), g.weights(9, 7)]),
  Softmax: (g, x) => g.node('Softmax', [x], { attributes: { axis: 1 } }),
  Clip: (g, x) => g.node('Clip', [x, g.constant(float32Tensor([], Float32Array.of(0)))]),
  'LeakyRelu, Sigmoid, HardSigmoid, Exp and Identity': (g, x) =>
    ['LeakyRelu', 'Sigmoid', 'HardSigmoid', 'Exp', 'Identity'].map((op) => g.node(op, [x])),
  BatchNormalization: (g, x) =>
    g.node('BatchNormalization', [x, g.weights(4), g.weights(4), g.weights(4), ones(g, 4)]),
  Concat: (g, x) => g.node('Concat', [x, x, g.weights(1, 4, 9, 2)], { attributes: { axis: -1 } }),
  'Reshape with 0 and -1': (g, x) => g.node('Reshape', [x, g.ints(0, -1, 9)]),
  'Reshape to a shape computed from Shape': (g, x) => {
    const batch = g.node('Gather', [g.node('Shape', [x]), g.ints(0)]);
    return g.node('Reshape', [x, g.node('Concat', [batch, g.ints(-1)], { attributes: { axis: 0 } })]);
  },
  Transpose: (g, x) => g.node('Transpose', [x], { attributes: { perm: [0, 2, 3, 1] } }),
  'Transpose without perm': (g, x) => g.node('Transpose', [x]),
  SpaceToDepth: (g, x) => {
    const even = g.node('Slice', [x, g.ints(0, 0), g.ints(8, 6), g.ints(2, 3)]);
    return g.node('SpaceToDepth', [even], { attributes: { blocksize: 2 } });
  },
  DepthToSpace: (g, x) => g.node('DepthToSpace', [x], { attributes: { blocksize: 2, mode: 'CRD' } }),
  Flatten: (g, x) => g.node('Flatten', [x], { attributes: { axis: 2 } }),
  Squeeze: (g, x) => g.node('Squeeze', [x, g.ints(0)]),
  'Squeeze without axes': (g, x) => g.node('Squeeze', [x]),
  Unsqueeze: (g, x) => g.node('Unsqueeze', [x, g.ints(-1, 1)]),
  'Slice, one axis': (g, x) => g.node('Slice', [x, g.ints(1), g.ints(3), g.ints(1)]),
  'Slice in steps, from and to the end': (g, x) =>
    g.node('Slice', [x, g.ints(-8, 1), g.ints(2 ** 53, 2 ** 53), g.ints(2, 3), g.ints(2, 3)]),
  'Slice backwards': (g, x) => g.node('Slice', [x, g.ints(-1), g.ints(-(2 ** 53)), g.ints(2), g.ints(-2)]),
  'Split into given parts': (g, x) =>
    g.nodeWithOutputs('Split', [x, g.ints(1, 3)], { count: 2, attributes: { axis: 1 } }),
  'Split evenly': (g, x) => g.nodeWithOutputs('Split', [x], { count: 3, attributes: { axis: 2 } }),
  Gather: (g, x) =>
    g.node('Gather', [x, g.constant(int64([2, 2], 0, 1, 2, -1))], { attributes: { axis: 1 } }),
  'Gather of a scalar index': (g, x) =>
    g.node('Gather', [x, g.constant(int64([], 3))], { attributes: { axis: 1 } }),
  Pad: (g, x) => g.node('Pad', [x, g.ints(0, 0, 1, 2, 0, 0, 3, 0)]),
  'Resize by scales': (g, x) =>
    g.node('Resize', [x, '', g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 1.5)))]),
  'Resize to sizes': (g, x) => g.node('Resize', [x, '', '', g.ints(1, 4, 5, 20)]),
  Expand: (g, x) => g.node('Expand', [x, g.ints(3, 1, 9, 1)]),
  'ReduceMean over axes': (g, x) => g.node('ReduceMean', [x], { attributes: { axes: [2, -1] } }),
  'ReduceMean without keeping axes': (g, x) =>
    g.node('ReduceMean', [x], { attributes: { axes: [1], keepdims: 0 } }),
  'ReduceSum with axes as input': (g, x) =>
    g.node('ReduceSum', [x, g.ints(1)], { attributes: { keepdims: 0 } }),
  'ReduceMean over everything': (g, x) => g.node('ReduceMean', [x]),
  MatMul: (g, x) => g.node('MatMul', [x, g.weights(7, 5)]),
  'MatMul with a vector': (g, x) => g.node('MatMul', [x, g.weights(7)]),
  Gemm: (g, x) => g.node('Gemm', [g.node('Flatten', [x]), g.weights(6, 252)], { attributes: { transB: 1 } }),
  'QuantizeLinear and DequantizeLinear': (g, x) => {
    const scale = g.constant(float32Tensor([], Float32Array.of(0.1)));
    const zeroPoint = g.constant({ dtype: 'int8', dims: [], data: Int8Array.of(3) });
    const codes = g.node('QuantizeLinear', [x, scale, zeroPoint]);
    return [codes, g.node('DequantizeLinear', [codes, scale, zeroPoint])];
  },
  'QuantizeLinear without zero point': (g, x) =>
    g.node('QuantizeLinear', [x, g.constant(float32Tensor([], Float32Array.of(0.1)))]),
  'Equal, Less, And and Not': (g, x) => {
    const less = g.node('Less', [x, g.weights(4, 1, 1)]);
    const equal = g.node('Equal', [x, g.weights(1)]);
    return [less, equal, g.node('And', [less, equal]), g.node('Not', [less])];
  },
  'Where, broadcast': (g, x) =>
    g.node('Where', [g.node('Greater', [g.weights(9, 7), g.weights(1)]), x, g.weights(2, 1, 1, 1)]),
  'ConstantOfShape, plain and of a given value': (g) => [
    g.node('ConstantOfShape', [g.ints(2, 3)]),
    g.node('ConstantOfShape', [g.ints(4)], { attributes: { value: int64([1], 7) } }),
  ],
  Range: (g) =>
    g.node('Range', [g.constant(int64([], 3)), g.constant(int64([], -6)), g.constant(int64([], -2))]),
  Tile: (g, x) => g.node('Tile', [x, g.ints(1, 2, 1, 3)]),
  TopK: (g, x) => g.nodeWithOutputs('TopK', [x, g.ints(2)], { count: 2, attributes: { axis: 1 } }),
  GatherElements: (g, x) =>
    g.node('GatherElements', [x, g.constant(int64([1, 2, 1, 1], 3, 0))], { attributes: { axis: 1 } }),
  'ArgMax with and without its axis': (g, x) => [
    g.node('ArgMax', [x], { attributes: { axis: 1 } }),
    g.node('ArgMax', [x], { attributes: { axis: -1, keepdims: 0 } }),
  ],
  'Cast to int64': (g, x) => g.node('Cast', [x], { attributes: { to: 7 } }),
  Constant: (g) =>
    g.node('Constant', [], { attributes: { value: float32Tensor([2, 1], new Float32Array(2)) } }),
};

for (const [name, add] of Object.entries(cases)) {
  test(`types inferred for ${name} are those onnxruntime computes`, async (t) => {
    const g = graphBuilder();
    const x = g.input('x', [1, 4, 9, 7]);
    const outputs = [add(g, x)].flat();
    const graph = g.build(outputs);
    const computed = await runOnce(graph, randomFeeds(graph));
    for (const { name: output, dtype, dims } of graph.outputs) {
      t.deepEqual({ dtype, dims }, { dtype: computed[output]!.dtype, dims: computed[output]!.dims });
    }
  });
}

test('axes that older operator sets keep in attributes are read', (t) => {
  const g = graphBuilder({ opset: 11 });
  const x = g.input('x', [1, 4, 9, 7]);
  const squeezed = g.node('Squeeze', [x], { attributes: { axes: [0] } });
  const split = g.nodeWithOutputs('Split', [squeezed], { count: 2, attributes: { axis: 0, split: [1, 3] } });
  const graph = g.build([g.node('Unsqueeze', [squeezed], { attributes: { axes: [0, 4] } }), ...split]);
  t.deepEqual(
    graph.outputs.map(({ dims }) => dims),
    [
      [1, 4, 9, 7, 1],
      [1, 9, 7],
      [3, 9, 7],
    ],
  );
});

test('an operator without a rule is refused, naming operator and node', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1]);
  const y = g.node('NonMaxSuppression', [x], { name: 'boxes/nms' });
  const graph = g.buildRaw([{ name: y, dtype: 'float32', dims: [null] }]);
  const error = t.throws(() => inferShapes(graph), {
    instanceOf: AgentError,
    message: /NonMaxSuppression.*boxes\/nms/,
  });
  t.is(error?.code, 'op_unsupported');
});

test('an operator without a rule has the types that the file gives', (t) => {
  const g = graphBuilder();
  const grid = g.node('GridSample', [g.input('x', [1, 2, 4, 4]), g.input('grid', [1, 3, 3, 2])]);
  const output = { name: g.relu(grid), dtype: 'float32' as const, dims: [null] };
  const values = new Map([[grid, { name: grid, dtype: 'float32' as const, dims: [1, 2, 3, 3] }]]);
  const [inferred] = inferShapes({
    ...g.buildRaw([{ ...output, dims: [1, 2, null, null] }]),
    values,
  }).outputs;
  t.deepEqual(inferred!.dims, [1, 2, 3, 3]);
});

test('an operator of a foreign domain is refused even if its name is known', (t) => {
  const g = graphBuilder();
  g.node('Relu', [g.input('x', [1])], { domain: 'com.example' });
  t.throws(() => inferShapes(g.buildRaw([])), { message: /com\.example\.Relu/ });
});

test('operands that do not fit are refused, naming the node', (t) => {
  const conv = graphBuilder();
  conv.conv(conv.input('x', [1, 3, 8, 8]), { weights: [4, 5, 3, 3] });
  t.throws(() => inferShapes(conv.buildRaw([])), { code: 'shape_mismatch', message: /^Conv "conv_/ });

  const add = graphBuilder();
  add.node('Add', [add.input('x', [2, 3]), add.weights(2)]);
  t.throws(() => inferShapes(add.buildRaw([])), { code: 'shape_mismatch', message: /\[2,3\] and \[2\]/ });

  const reshape = graphBuilder();
  reshape.node('Reshape', [reshape.input('x', [2, 3]), reshape.ints(4, -1)]);
  t.throws(() => inferShapes(reshape.buildRaw([])), { code: 'shape_mismatch', message: /\[2,3\]/ });
});

test('the detail of a refusal has the types of all inputs, and not the values of constants', (t) => {
  const g = graphBuilder();
  g.node('Reshape', [g.input('x', [2, 3]), g.ints(4, -1)]);
  const error = t.throws(() => inferShapes(g.buildRaw([])), { instanceOf: AgentError });
  t.deepEqual(error?.detail.got, [
    { dtype: 'float32', dims: [2, 3] },
    { dtype: 'int64', dims: [2] },
  ]);
});

test('an output that contradicts its declaration is refused', (t) => {
  const g = graphBuilder();
  const y = g.relu(g.input('x', [1, 2]));
  const graph = g.buildRaw([{ name: y, dtype: 'float32', dims: [1, 3] }]);
  t.throws(() => inferShapes(graph), {
    code: 'shape_mismatch',
    message: /declared float32\[1,3\] but is float32\[1,2\]/,
  });
});

test('symbolic dimensions of an output are filled in', (t) => {
  const g = graphBuilder();
  const y = g.relu(g.input('x', [1, 2]));
  const graph = inferShapes(g.buildRaw([{ name: y, dtype: 'float32', dims: ['N', null] }]));
  t.deepEqual(graph.outputs[0]!.dims, [1, 2]);
});

function ones(g: Builder, count: number): string {
  return g.constant(float32Tensor([count], new Float32Array(count).fill(1)));
}

function int64(dims: readonly number[], ...values: readonly number[]): Tensor {
  return { dtype: 'int64', dims, data: BigInt64Array.from(values, BigInt) };
}
