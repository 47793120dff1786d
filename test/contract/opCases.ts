import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import type { graphBuilder } from '../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

/** A small graph around one operator. Whatever engine runs it has to agree with onnxruntime. */
export interface OpCase {
  readonly title: string;
  /** Adds inputs and nodes; returns the outputs' names. */
  readonly build: (g: Builder) => readonly string[];
  /** Default 13. */
  readonly opset?: number;
  /** In place of random values. */
  readonly feeds?: Readonly<Record<string, Tensor>>;
  /**
   * Distance of two codes' values. GPUs divide to within an ulp or two, so that a quotient may fall on the other side of a tie:
   * one in a thousand values may be a step off there.
   */
  readonly step?: number;
}

const floats = (dims: readonly number[], ...values: readonly number[]) =>
  float32Tensor(dims, Float32Array.from(values));
const scalar = (value: number) => floats([], value);
const bytes = (dims: readonly number[], ...values: readonly number[]): Tensor => {
  return { dtype: 'uint8', dims, data: Uint8Array.from(values) };
};
const signed = (dims: readonly number[], ...values: readonly number[]): Tensor => {
  return { dtype: 'int8', dims, data: Int8Array.from(values) };
};

/** x -> operator -> y. */
function one(
  title: string,
  dims: readonly number[],
  ...[opType, attributes]: Parameters<typeof attributed>
): OpCase {
  return { title, build: (g) => [attributed(opType, attributes)(g, [g.input('x', dims)])] };
}

function attributed(opType: string, attributes: Readonly<Record<string, number | number[] | string>> = {}) {
  return (g: Builder, reads: readonly string[]) => g.node(opType, reads, { attributes });
}

interface ConvCase {
  readonly dims?: readonly number[];
  readonly weights: readonly number[];
  readonly attributes: Readonly<Record<string, number | number[] | string>>;
  readonly bias?: boolean;
}

function conv(title: string, { dims = [1, 4, 9, 8], weights, attributes, bias = true }: ConvCase): OpCase {
  return {
    title: `Conv ${title}`,
    build: (g) => {
      const reads = [g.input('x', dims), g.weights(...weights)];
      if (bias) reads.push(g.weights(weights[0]!));
      return [attributed('Conv', attributes)(g, reads)];
    },
  };
}

const convCases: readonly OpCase[] = [
  conv('of 1x1', { weights: [6, 4, 1, 1], attributes: {} }),
  conv('of 3x3 without bias', { weights: [6, 4, 3, 3], attributes: {}, bias: false }),
  conv('with padding that differs on each side', {
    weights: [5, 4, 3, 2],
    attributes: { pads: [0, 1, 2, 3] },
  }),
  conv('with strides that differ', {
    weights: [5, 4, 3, 3],
    attributes: { strides: [2, 3], pads: [1, 1, 1, 1] },
  }),
  conv('whose stride leaves the end out', { weights: [5, 4, 2, 2], attributes: { strides: [4, 3] } }),
  conv('with dilations', { weights: [5, 4, 3, 3], attributes: { dilations: [2, 3], pads: [2, 3, 2, 3] } }),
  conv('with dilations and strides', {
    weights: [5, 4, 3, 3],
    attributes: { dilations: [2, 2], strides: [2, 2], pads: [2, 2, 2, 2] },
  }),
  conv('in two groups', { weights: [6, 2, 3, 3], attributes: { group: 2, pads: [1, 1, 1, 1] } }),
  conv('by channel', { weights: [4, 1, 3, 3], attributes: { group: 4, pads: [1, 1, 1, 1] } }),
  conv('by channel with strides', {
    weights: [4, 1, 5, 5],
    attributes: { group: 4, strides: [2, 2], pads: [2, 2, 2, 2] },
  }),
  conv('by channel with padding that differs on each side', {
    weights: [4, 1, 3, 3],
    attributes: { group: 4, pads: [0, 2, 1, 1] },
  }),
  conv('by channel with dilations', { weights: [4, 1, 3, 3], attributes: { group: 4, dilations: [2, 2] } }),
  conv('by channel with dilations and strides', {
    weights: [8, 1, 3, 2],
    attributes: { group: 4, dilations: [2, 3], strides: [2, 1], pads: [2, 0, 2, 3] },
  }),
  conv('by channel with two filters each', { weights: [8, 1, 3, 3], attributes: { group: 4 } }),
  conv('of a batch of two', { dims: [2, 4, 5, 5], weights: [3, 4, 3, 3], attributes: {} }),
  conv('of one pixel', { dims: [1, 4, 1, 1], weights: [3, 4, 3, 3], attributes: { pads: [1, 1, 1, 1] } }),
  conv('of one channel', { dims: [1, 1, 6, 6], weights: [3, 1, 3, 3], attributes: {} }),
  conv('with auto_pad SAME_UPPER', {
    weights: [3, 4, 2, 4],
    attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  }),
  conv('with auto_pad SAME_LOWER', {
    weights: [3, 4, 2, 4],
    attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] },
  }),
  conv('with auto_pad VALID', { weights: [3, 4, 2, 4], attributes: { auto_pad: 'VALID' } }),
  {
    title: 'Conv with weights that are fed',
    build: (g) => [
      g.node('Conv', [g.input('x', [1, 3, 5, 5]), g.input('w', [2, 3, 3, 3]), g.input('b', [2])]),
    ],
  },
];

const poolCases: readonly OpCase[] = ['MaxPool', 'AveragePool'].flatMap((op) => [
  one(`${op} of 2x2`, [1, 3, 8, 7], op, { kernel_shape: [2, 2], strides: [2, 2] }),
  one(`${op} with padding, stride 1`, [1, 3, 6, 7], op, { kernel_shape: [5, 5], pads: [2, 2, 2, 2] }),
  one(`${op} with padding that differs on each side`, [1, 3, 6, 7], op, {
    kernel_shape: [3, 3],
    pads: [0, 1, 2, 0],
    strides: [2, 2],
  }),
  one(`${op} with padding, stride 2`, [1, 3, 8, 10], op, {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
    strides: [2, 2],
  }),
  one(`${op} with ceil_mode`, [1, 3, 7, 8], op, { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1 }),
  one(`${op} of 1x1`, [1, 3, 6, 7], op, { kernel_shape: [1, 1], strides: [2, 2] }),
  one(`${op} with auto_pad`, [1, 3, 7, 8], op, {
    kernel_shape: [3, 3],
    strides: [2, 2],
    auto_pad: 'SAME_UPPER',
  }),
]);

const includedPadding = one('AveragePool over its padding', [1, 3, 6, 7], 'AveragePool', {
  kernel_shape: [3, 3],
  pads: [1, 1, 1, 0],
  strides: [2, 1],
  count_include_pad: 1,
});

const elementwiseCases: readonly OpCase[] = [
  ...['Abs', 'Ceil', 'Elu', 'Exp', 'Floor', 'HardSigmoid', 'LeakyRelu', 'Neg', 'Relu'].map((op) =>
    one(op, [1, 3, 4, 5], op),
  ),
  ...['Sigmoid', 'Tanh', 'Identity', 'Softmax'].map((op) => one(op, [2, 3, 4], op)),
  { ...one('HardSwish', [1, 3, 4, 5], 'HardSwish'), opset: 14 },
  one('Elu with alpha', [7], 'Elu', { alpha: 0.3 }),
  one('LeakyRelu with alpha', [7], 'LeakyRelu', { alpha: 0.1 }),
  one('HardSigmoid with alpha and beta', [7], 'HardSigmoid', { alpha: 1.5, beta: 0.25 }),
  {
    title: 'Log, Sqrt and Reciprocal',
    build: (g) =>
      ['Log', 'Sqrt', 'Reciprocal'].map((op) =>
        g.node(op, [g.node('Exp', [op === 'Log' ? g.input('x', [5]) : 'x'])]),
      ),
  },
  {
    title: 'Round of ties',
    build: (g) => [g.node('Round', [g.input('x', [9])])],
    feeds: { x: floats([9], -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 8388607.5, -3.7) },
  },
  {
    title: 'Sigmoid and Tanh of large values',
    build: (g) => [g.node('Sigmoid', [g.input('x', [4])]), g.node('Tanh', ['x'])],
    feeds: { x: floats([4], -120, 120, -20, 0) },
  },
  {
    title: 'Clip to both bounds, to one and to none',
    build: (g) => {
      const x = g.input('x', [1, 2, 3, 4]);
      const [low, high] = [g.constant(scalar(-0.25)), g.constant(scalar(0.5))];
      return [[x, low, high], [x, low], [x, '', high], [x]].map((reads) => g.node('Clip', reads));
    },
  },
  {
    title: 'PRelu by channel',
    build: (g) => [
      g.node('PRelu', [g.relu(g.input('x', [1, 3, 4, 4])), g.weights(3, 1, 1)]),
      g.node('PRelu', ['x', g.weights(1)]),
    ],
  },
  {
    title: 'BatchNormalization',
    build: (g) => {
      const reads = [g.input('x', [1, 3, 4, 5]), g.weights(3), g.weights(3), g.weights(3)];
      return [g.node('BatchNormalization', [...reads, g.constant(floats([3], 0.5, 2, 1e-3))])];
    },
  },
  ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'].map(
    (op): OpCase => ({
      title: `${op}, broadcast`,
      build: (g) => {
        const x = g.input('x', [2, 3, 4, 5]);
        const others = [[2, 3, 4, 5], [3, 1, 1], [5], [], [2, 1, 1, 5], [1, 3, 4, 1]].map((dims) =>
          g.weights(...dims),
        );
        const conv = g.conv(x, { weights: [3, 3, 1, 1] });
        return [
          ...others.map((other) => g.node(op, [x, other])),
          ...others.map((other) => g.node(op, [other, conv])),
        ];
      },
    }),
  ),
  {
    title: 'Pow and Max of three',
    build: (g) => [
      g.node('Pow', [g.node('Exp', [g.input('x', [4, 3])]), g.constant(scalar(1.7))]),
      g.node('Max', ['x', g.weights(3), g.weights(4, 1)]),
      g.node('Min', ['x']),
    ],
  },
  {
    title: 'Add of a tensor that a convolution made and one that was reshaped',
    build: (g) => {
      const conv = g.conv(g.input('x', [1, 3, 4, 5]), { weights: [6, 3, 1, 1] });
      const flat = g.input('flat', [1, 120]);
      return [g.node('Add', [g.node('Reshape', [flat, g.ints(1, 6, 4, 5)]), conv])];
    },
  },
];

const reshape = (g: Builder, x: string, ...dims: readonly number[]) =>
  g.node('Reshape', [x, g.ints(...dims)]);
const transpose = (g: Builder, x: string, ...perm: readonly number[]) =>
  g.node('Transpose', [x], { attributes: { perm } });

const layoutCases: readonly OpCase[] = [
  ...[
    [0, 1, 2, 3],
    [0, 2, 3, 1],
    [3, 1, 0, 2],
  ].map((perm) => one(`Transpose by ${perm}`, [2, 3, 4, 5], 'Transpose', { perm })),
  one('Transpose without perm', [2, 3, 4], 'Transpose'),
  {
    title: 'Transpose of what a convolution made',
    build: (g) => [transpose(g, g.conv(g.input('x', [1, 3, 4, 5]), { weights: [6, 3, 1, 1] }), 0, 2, 3, 1)],
  },
  {
    title: 'Reshape of what a convolution made',
    build: (g) => {
      const conv = g.conv(g.input('x', [1, 3, 4, 6]), { weights: [6, 3, 1, 1] });
      const shapes = [
        [1, 6, 24],
        [6, 4, 6],
        [144],
        [1, 2, 3, 4, 6],
        [4, 6, 6],
        [1, 6, 2, 2, 6],
        [0, -1],
        [1, 12, 12],
        [1, 1, 144, 1],
      ];
      return shapes.map((dims) => reshape(g, conv, ...dims));
    },
  },
  {
    title: 'Channel shuffle between convolutions',
    build: (g) => {
      const conv = g.conv(g.input('x', [1, 3, 4, 5]), { weights: [6, 3, 1, 1] });
      const shuffled = transpose(g, reshape(g, conv, 1, 2, 3, 4, 5), 0, 2, 1, 3, 4);
      return [g.conv(reshape(g, shuffled, 1, 6, 4, 5), { weights: [4, 6, 1, 1] })];
    },
  },
  {
    title: 'Flatten, Squeeze and Unsqueeze',
    build: (g) => {
      const x = g.input('x', [1, 3, 1, 5]);
      const conv = g.conv(x, { weights: [4, 3, 1, 1] });
      return [
        ...[0, 1, 2, 4].map((axis) => g.node('Flatten', [conv], { attributes: { axis } })),
        g.node('Squeeze', [conv, g.ints(0, 2)]),
        g.node('Squeeze', [conv]),
        g.node('Unsqueeze', [conv, g.ints(0, 5)]),
      ];
    },
  },
  {
    title: 'Concat on each axis, of both layouts and a constant',
    build: (g) => {
      const x = g.input('x', [2, 4, 4, 4]);
      const conv = g.conv(x, { weights: [4, 4, 1, 1] });
      const constant = g.weights(2, 4, 4, 4);
      return [0, 1, 2, 3, -1].map((axis) => g.node('Concat', [x, conv, constant], { attributes: { axis } }));
    },
  },
  {
    title: 'Concat of one',
    build: (g) => [g.node('Concat', [g.input('x', [2, 3])], { attributes: { axis: 0 } })],
  },
  {
    title: 'Split in equal and in given parts',
    build: (g) => {
      const conv = g.conv(g.input('x', [1, 3, 4, 6]), { weights: [6, 3, 1, 1] });
      const equal = g.nodeWithOutputs('Split', [conv], { attributes: { axis: 1 }, count: 2 });
      const given = g.nodeWithOutputs('Split', [conv, g.ints(1, 2, 3)], {
        attributes: { axis: -1 },
        count: 3,
      });
      return [...equal, ...given];
    },
  },
  {
    title: 'Slice with steps, from the end and backwards',
    build: (g) => {
      const x = g.input('x', [1, 5, 6, 7]);
      const conv = g.conv(x, { weights: [4, 5, 1, 1] });
      const slice = (from: string, ...ranges: readonly (readonly number[])[]) =>
        g.node('Slice', [from, ...ranges.map((range) => g.ints(...range))]);
      return [
        slice(x, [1], [4]),
        slice(x, [1], [3], [1]),
        slice(x, [0, 1], [2 ** 31, 7], [2, 3], [2, 2]),
        slice(conv, [1, -3], [3, -1], [1, 3]),
        slice(conv, [-1], [-(2 ** 31)], [2], [-2]),
        slice(conv, [2, 4], [0, 1], [1, 2], [-1, -1]),
      ];
    },
  },
  {
    title: 'Gather of constant indices',
    build: (g) => {
      const conv = g.conv(g.input('x', [1, 3, 4, 6]), { weights: [6, 3, 1, 1] });
      const matrix: Tensor = { dtype: 'int64', dims: [2, 2], data: BigInt64Array.of(0n, -1n, 2n, 2n) };
      const index: Tensor = { dtype: 'int64', dims: [], data: BigInt64Array.of(1n) };
      return [matrix, index].map((indices) =>
        g.node('Gather', [conv, g.constant(indices)], { attributes: { axis: 2 } }),
      );
    },
  },
  {
    title: 'Pad with zeros and with a value',
    build: (g) => {
      const conv = g.conv(g.input('x', [1, 3, 4, 6]), { weights: [2, 3, 1, 1] });
      const pads = g.ints(0, 1, 2, 0, 0, 0, 1, 3);
      return [g.node('Pad', [conv, pads]), g.node('Pad', [conv, pads, g.constant(scalar(-2.5))])];
    },
  },
];

const reducingCases: readonly OpCase[] = [
  one('GlobalAveragePool', [2, 3, 5, 7], 'GlobalAveragePool'),
  one('GlobalMaxPool', [2, 3, 5, 7], 'GlobalMaxPool'),
  ...['ReduceMean', 'ReduceMax', 'ReduceMin'].map(
    (op): OpCase => ({
      title: `${op} with and without the axes kept`,
      build: (g) => {
        const conv = g.conv(g.input('x', [1, 3, 4, 6]), { weights: [5, 3, 1, 1] });
        const reduce = (axes: readonly number[], keepdims: number) =>
          g.node(op, [conv], { attributes: { axes, keepdims } });
        return [reduce([1], 1), reduce([2, 3], 1), reduce([-1], 0), reduce([0, 2], 0), g.node(op, [conv])];
      },
    }),
  ),
  {
    title: 'ReduceSum with axes as an input',
    build: (g) => [g.node('ReduceSum', [g.input('x', [2, 3, 4]), g.ints(1)]), g.node('ReduceSum', ['x'])],
  },
  {
    title: 'Softmax on each axis',
    build: (g) => {
      const conv = g.conv(g.input('x', [1, 3, 4, 6]), { weights: [5, 3, 1, 1] });
      return [0, 1, 2, 3, -1].map((axis) => g.node('Softmax', [conv], { attributes: { axis } }));
    },
  },
  {
    title: 'Softmax of large values',
    build: (g) => [g.node('Softmax', [g.input('x', [1, 3])])],
    feeds: { x: floats([1, 3], 1000, 999, -1000) },
  },
  {
    title: 'MatMul of matrices, stacks and vectors',
    build: (g) => {
      const x = g.input('x', [2, 3, 4]);
      return [[4, 5], [2, 4, 3], [1, 4, 2], [4]].map((dims) => g.node('MatMul', [x, g.weights(...dims)]));
    },
  },
  {
    title: 'MatMul of stacks that are computed',
    build: (g) => {
      const [left, right] = [g.input('x', [1, 2, 3, 4]), g.input('y', [1, 2, 4, 5])].map((made) =>
        g.relu(made),
      );
      return [g.node('MatMul', [left!, right!])];
    },
  },
  {
    title: 'Gemm with and without transposition and C',
    build: (g) => [
      g.node('Gemm', [g.input('x', [3, 4]), g.weights(4, 5), g.weights(5)]),
      g.node('Gemm', ['x', g.weights(3, 4), g.weights(1, 3)], {
        attributes: { transB: 1, alpha: 0.5, beta: 2.5 },
      }),
      g.node('Gemm', [g.input('y', [4, 3]), g.weights(4, 2)], { attributes: { transA: 1 } }),
    ],
  },
];

const resizeCases: readonly OpCase[] = [
  ['nearest', 'asymmetric', 'floor'],
  ['nearest', 'half_pixel', 'round_prefer_floor'],
  ['nearest', 'half_pixel', 'round_prefer_ceil'],
  ['nearest', 'asymmetric', 'ceil'],
  ['nearest', 'pytorch_half_pixel', 'floor'],
  ['nearest', 'align_corners', 'round_prefer_floor'],
  ['linear', 'half_pixel', 'floor'],
  ['linear', 'pytorch_half_pixel', 'floor'],
  ['linear', 'asymmetric', 'floor'],
  ['linear', 'align_corners', 'floor'],
].map(
  ([mode = '', coordinates = '', rounding = '']): OpCase => ({
    title: `Resize ${mode}, ${coordinates}, ${rounding}`,
    build: (g) => {
      const x = g.input('x', [1, 3, 5, 6]);
      const attributes = { mode, coordinate_transformation_mode: coordinates, nearest_mode: rounding };
      const scaled = [
        [2, 2],
        [1.5, 2.6],
        [0.6, 0.5],
      ].map(([height = 1, width = 1]) =>
        g.node('Resize', [x, '', g.constant(floats([4], 1, 1, height, width))], { attributes }),
      );
      const sized = [
        [10, 12],
        [3, 13],
        [1, 1],
      ].map((size) => g.node('Resize', [x, '', '', g.ints(1, 3, ...size)], { attributes }));
      return [...scaled, ...sized];
    },
  }),
);

/** As detectors enlarge a level to the next finer one. */
const enlargingCases: readonly OpCase[] = [
  ['nearest', 'asymmetric', 'floor'],
  ['nearest', 'half_pixel', 'round_prefer_floor'],
  ['linear', 'half_pixel', 'floor'],
].map(
  ([mode = '', coordinates = '', rounding = '']): OpCase => ({
    title: `Enlarging twice and thrice, ${mode}, ${coordinates}`,
    build: (g) => {
      const x = g.input('x', [1, 3, 6, 8]);
      const attributes = { mode, coordinate_transformation_mode: coordinates, nearest_mode: rounding };
      return [2, 3].map((scale) =>
        g.node('Resize', [x, '', g.constant(floats([4], 1, 1, scale, scale))], { attributes }),
      );
    },
  }),
);

const codes = [-200, -128, -127.5, -2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, 126.5, 127.5, 128.5, 254.5, 255, 1e9];

const quantizedCases: readonly OpCase[] = [
  ...[bytes([], 0), bytes([], 128), bytes([], 255), signed([], 0), signed([], -128), signed([], 5)].map(
    (zeroPoint): OpCase => ({
      title: `QuantizeLinear to ${zeroPoint.dtype} with zero point ${zeroPoint.data[0]}, and back`,
      build: (g) => {
        const grid = [g.constant(scalar(0.5)), g.constant(zeroPoint)];
        const quantized = g.node('QuantizeLinear', [g.input('x', [codes.length]), ...grid]);
        return [quantized, g.node('DequantizeLinear', [quantized, ...grid])];
      },
      feeds: { x: floats([codes.length], ...codes.map((code) => code / 2)) },
    }),
  ),
  {
    title: 'QuantizeLinear and DequantizeLinear as a pair on a grid of no round numbers',
    step: 0.00731,
    build: (g) => {
      const grid = [g.constant(scalar(0.00731)), g.constant(bytes([], 117))];
      return [
        g.node('DequantizeLinear', [
          g.node('QuantizeLinear', [g.input('x', [1, 3, 40, 40]), ...grid]),
          ...grid,
        ]),
      ];
    },
  },
  {
    title: 'QuantizeLinear and DequantizeLinear with scale and zero point that are fed',
    build: (g) => {
      const x = g.conv(g.input('x', [1, 3, 4, 4]), { weights: [4, 3, 1, 1] });
      const grid = [g.input('scale', []), g.input('zero', [], 'uint8')];
      return [g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, ...grid]), ...grid])];
    },
    feeds: {
      x: floats([1, 3, 4, 4], ...Array.from({ length: 48 }, (_, index) => Math.sin(index))),
      scale: scalar(0.013),
      zero: bytes([], 97),
    },
  },
  {
    title: 'QuantizeLinear and DequantizeLinear by channel',
    build: (g) => {
      const x = g.conv(g.input('x', [1, 3, 4, 4]), { weights: [3, 3, 1, 1] });
      const scale = g.constant(floats([3], 0.1, 0.01, 0.003));
      const pair = (axis: number, zeroPoint: Tensor) => {
        const grid = [scale, g.constant(zeroPoint)];
        const quantized = g.node('QuantizeLinear', [x, ...grid], { attributes: { axis } });
        return [quantized, g.node('DequantizeLinear', [quantized, ...grid], { attributes: { axis } })];
      };
      return [...pair(1, signed([3], 0, 0, 0)), ...pair(-3, bytes([3], 100, 128, 7))];
    },
  },
  {
    title: 'DequantizeLinear of weights by channel, and of an int32 bias',
    build: (g) => {
      const weights = Int8Array.from({ length: 4 * 3 * 9 }, (_, index) => ((index * 37) % 255) - 127);
      const scale = g.constant(floats([4], 0.01, 0.02, 0.003, 0.1));
      const axis = { attributes: { axis: 0 } };
      const kernel = g.node(
        'DequantizeLinear',
        [
          g.constant({ dtype: 'int8', dims: [4, 3, 3, 3], data: weights }),
          scale,
          g.constant(signed([4], 0, 0, 3, 0)),
        ],
        axis,
      );
      const biasCodes: Tensor = {
        dtype: 'int32',
        dims: [4],
        data: Int32Array.of(100000, -7, 0, 2 ** 24 + 1),
      };
      const bias = g.node('DequantizeLinear', [g.constant(biasCodes), scale], axis);
      return [g.node('Conv', [g.input('x', [1, 3, 6, 6]), kernel, bias])];
    },
  },
  {
    title: 'MaxPool and Concat between quantizers',
    build: (g) => {
      const grid = [g.constant(scalar(0.02)), g.constant(bytes([], 120))];
      const fake = (x: string) =>
        g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, ...grid]), ...grid]);
      const x = fake(g.input('x', [1, 3, 6, 6]));
      const pooled = g.node('MaxPool', [x], { attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } });
      return [fake(g.node('Concat', [pooled, x], { attributes: { axis: 1 } }))];
    },
  },
];

export const opCases: readonly OpCase[] = [
  ...convCases,
  ...poolCases,
  includedPadding,
  ...elementwiseCases,
  ...layoutCases,
  ...reducingCases,
  ...resizeCases,
  ...enlargingCases,
  ...quantizedCases,
];
