import test from 'ava';
import { foldConstants } from '../../../../runtime/graph/passes/foldConstants.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

/** Each returns a tensor computed from constants and shapes alone. */
const cases: Readonly<Record<string, (g: Builder, x: string) => string>> = {
  Constant: (g) =>
    g.node('Constant', [], { attributes: { value_floats: { type: 'floats', value: [1, 2.5] } } }),
  'Constant of one int': (g) => g.node('Constant', [], { attributes: { value_int: 5 } }),
  Identity: (g) => g.node('Identity', [g.ints(1, 2)]),
  Shape: (g, x) => g.node('Shape', [x]),
  Gather: (g, x) => g.node('Gather', [g.node('Shape', [x]), g.ints(-1, 1)]),
  'Gather of columns': (g) => g.node('Gather', [grid(g), g.ints(2, 0)], { attributes: { axis: 1 } }),
  'Slice backwards': (g) => g.node('Slice', [grid(g), g.ints(-1), g.ints(-100), g.ints(1), g.ints(-2)]),
  'Concat of rows and columns': (g) => {
    const wide = g.node('Concat', [grid(g), grid(g)], { attributes: { axis: 1 } });
    return g.node('Concat', [wide, wide], { attributes: { axis: 0 } });
  },
  Unsqueeze: (g) => g.node('Unsqueeze', [g.ints(4, 5), g.ints(0)]),
  Squeeze: (g) => g.node('Squeeze', [g.node('Unsqueeze', [g.ints(4, 5), g.ints(0)]), g.ints(0)]),
  Reshape: (g) => g.node('Reshape', [grid(g), g.ints(3, -1)]),
  'Cast to float': (g) => g.node('Cast', [g.ints(-3, 4)], { attributes: { to: 1 } }),
  'Cast of a float to int64': (g) =>
    g.node('Cast', [g.constant(float32Tensor([3], Float32Array.of(-1.9, 0.5, 2.9)))], {
      attributes: { to: 7 },
    }),
  'Cast to bool': (g) => g.node('Cast', [g.ints(0, 3)], { attributes: { to: 9 } }),
  'Range of int64': (g) => g.node('Range', [int64(g, 1), int64(g, 8), int64(g, 3)]),
  'Range of floats': (g) => {
    const scalar = (value: number) => g.constant(float32Tensor([], Float32Array.of(value)));
    return g.node('Range', [scalar(2), scalar(0), scalar(-0.5)]);
  },
  'ConstantOfShape, plain and of a given value': (g) => {
    const value = { dtype: 'float32', dims: [1], data: Float32Array.of(8) } as const;
    const filled = g.node('ConstantOfShape', [g.ints(2, 3)], { attributes: { value } });
    return g.node('Add', [filled, g.node('ConstantOfShape', [g.ints(2, 1)])]);
  },
  'Ceil, Floor, Neg and Abs': (g) =>
    g.node(
      'Concat',
      ['Ceil', 'Floor', 'Neg', 'Abs'].map((op) => g.node(op, [floats(g)])),
      {
        attributes: { axis: 0 },
      },
    ),
  'Relu, Sqrt and Clip': (g) => {
    const positive = g.node('Relu', [floats(g)]);
    const clipped = g.node('Clip', [floats(g), g.constant(float32Tensor([], Float32Array.of(-0.3)))]);
    return g.node('Concat', [g.node('Sqrt', [positive]), clipped], { attributes: { axis: 0 } });
  },
  'Max and Min': (g) => {
    const scalar = (value: number) => g.constant(float32Tensor([], Float32Array.of(value)));
    return g.node('Max', [g.node('Min', [grid(g), scalar(4)]), scalar(2)]);
  },
  'Max of int64': (g) => g.node('Max', [g.ints(1, 5), g.ints(3)]),
  'ReduceSum of an axis': (g) => g.node('ReduceSum', [grid(g), g.ints(-1)], { attributes: { keepdims: 0 } }),
  'ReduceSum of all': (g) => g.node('ReduceSum', [grid(g)]),
  Expand: (g) => g.node('Expand', [g.node('Unsqueeze', [grid(g), g.ints(1)]), g.ints(2, 1, 1)]),
  Transpose: (g) => g.node('Transpose', [grid(g)]),
  'Transpose by perm': (g) =>
    g.node('Transpose', [g.node('Reshape', [g.ints(1, 2, 3, 4, 5, 6), g.ints(1, 2, 3)])], {
      attributes: { perm: [2, 0, 1] },
    }),
  'Where of Equal': (g) =>
    g.node('Where', [g.node('Equal', [g.ints(1, -1, 3), g.ints(-1)]), g.ints(5), g.ints(7, 8, 9)]),
  'arithmetic on int64, Div towards zero': (g) => {
    const sum = g.node('Add', [g.ints(-7, 7), g.ints(0, 1)]);
    return g.node('Sub', [g.node('Mul', [g.node('Div', [sum, g.ints(2)]), g.ints(3)]), g.ints(1)]);
  },
  'arithmetic on floats, broadcast': (g) => g.node('Div', [grid(g), g.weights(2, 1)]),
};

/** A scalar. */
function int64(g: Builder, value: number): string {
  return g.constant({ dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) });
}

for (const [name, add] of Object.entries(cases)) {
  test(`${name} folds to what onnxruntime computes`, async (t) => {
    const g = graphBuilder();
    const x = g.input('x', [1, 4, 9, 7]);
    const constant = add(g, x);
    const whole = g.build([constant]);
    const computed = await runOnce(whole, randomFeeds(whole));

    // A node of which nothing is known stays, and keeps alive what it reads.
    const kept = g.node('Keep', [constant], { domain: 'test' });
    const { values } = inferShapes({ ...whole, outputs: [] });
    const graph = { ...g.buildRaw([{ name: kept, dtype: 'float32', dims: [] }]), values };
    const folded = foldConstants(graph);
    t.deepEqual(
      folded.nodes.map(({ opType }) => opType),
      ['Keep'],
    );
    t.deepEqual(folded.initializers, new Map([[constant, computed[constant]!]]));
  });
}

test('a constant that is an output of the graph stays made by a node', (t) => {
  const g = graphBuilder();
  const two = g.node('Constant', [], { attributes: { value_int: 2 } });
  const four = g.node('Mul', [two, two]);
  const folded = foldConstants(g.build([two, g.node('Cast', [four], { attributes: { to: 1 } })]));
  t.deepEqual(
    folded.nodes.map(({ opType }) => opType),
    ['Constant', 'Cast'],
  );
});

test('dequantized weights are not folded', (t) => {
  const g = graphBuilder();
  const codes = g.constant({ dtype: 'int8', dims: [2], data: Int8Array.of(-5, 5) });
  const scale = g.constant(float32Tensor([], Float32Array.of(0.5)));
  const graph = g.build([g.relu(g.node('DequantizeLinear', [codes, scale]))]);
  t.is(foldConstants(graph), graph);
});

test('a Shape whose input is not fixed stays', (t) => {
  const g = graphBuilder();
  const shape = g.node('Shape', [g.input('x', ['N', 3])]);
  const cast = g.node('Cast', [shape], { attributes: { to: 1 } });
  const graph = g.buildRaw([{ name: cast, dtype: 'float32', dims: [2] }]);
  t.is(foldConstants(graph), graph);
});

test('an integer division by zero stays for the engine to refuse', (t) => {
  const g = graphBuilder();
  const quotient = g.node('Div', [g.ints(1), g.ints(0)]);
  const graph = g.build([g.node('Cast', [quotient], { attributes: { to: 1 } })]);
  t.is(foldConstants(graph), graph);
});

function floats(g: Builder): string {
  return g.constant(float32Tensor([4], Float32Array.of(-1.5, -0.25, 0.75, 2)));
}

function grid(g: Builder): string {
  return g.constant(float32Tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)));
}
