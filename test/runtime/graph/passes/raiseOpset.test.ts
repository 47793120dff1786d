import test from 'ava';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { raiseOpset } from '../../../../runtime/graph/passes/raiseOpset.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

const floats = (...values: readonly number[]) => float32Tensor([values.length], Float32Array.from(values));

/** Nodes of operator set 13, over `x` of [1, 4, 6, 6], whose form or type constraints changed up to set 21. */
const changed: Readonly<Record<string, (g: Builder, x: string) => string | string[]>> = {
  'ReduceMean over axes': (g, x) => g.node('ReduceMean', [x], { attributes: { axes: [2, -1], keepdims: 1 } }),
  'ReduceMax over all': (g, x) => g.node('ReduceMax', [x], { attributes: { keepdims: 0 } }),
  'ReduceMin, two of the same axes': (g, x) =>
    g.node('Add', [
      g.node('ReduceMin', [x], { attributes: { axes: [1] } }),
      g.node('ReduceMin', [x], { attributes: { axes: [1] } }),
    ]),
  'ReduceL2 over axes': (g, x) => g.node('ReduceL2', [x], { attributes: { axes: [1], keepdims: 1 } }),
  'ReduceSum, whose axes are an input already': (g, x) => g.node('ReduceSum', [x, g.ints(1)]),
  'Split into equal parts': (g, x) => g.nodeWithOutputs('Split', [x], { attributes: { axis: 1 }, count: 2 }),
  'Split into given parts': (g, x) =>
    g.nodeWithOutputs('Split', [x, g.ints(1, 3)], { attributes: { axis: 1 }, count: 2 }),
  Pad: (g, x) => g.node('Pad', [x, g.ints(0, 0, 1, 1, 0, 0, 1, 2)], { attributes: { mode: 'reflect' } }),
  'Squeeze and Unsqueeze': (g, x) => g.node('Squeeze', [g.node('Unsqueeze', [x, g.ints(1)]), g.ints(0)]),
  'Resize to the nearest': (g, x) =>
    g.node('Resize', [x, '', g.constant(floats(1, 1, 2, 2))], {
      attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    }),
  'linear Resize': (g, x) =>
    g.node('Resize', [x, '', g.constant(floats(1, 1, 1.5, 2.5))], { attributes: { mode: 'linear' } }),
  BatchNormalization: (g, x) => {
    const positive = g.constant(floats(0.5, 1, 2, 3));
    return g.node('BatchNormalization', [x, g.weights(4), g.weights(4), g.weights(4), positive]);
  },
  'activations and sums': (g, x) => {
    const clipped = g.node('Clip', [x, g.constant(float32Tensor([], Float32Array.of(-0.5)))]);
    const leaky = g.node('LeakyRelu', [clipped], { attributes: { alpha: 0.1 } });
    const product = g.node('Mul', [leaky, g.node('Sigmoid', [x])]);
    return g.node('Div', [g.node('Sub', [g.relu(product), x]), g.node('Pow', [product, g.weights(1)])]);
  },
  'shape arithmetic': (g, x) =>
    g.node('Reshape', [g.node('Transpose', [x], { attributes: { perm: [0, 2, 3, 1] } }), g.ints(0, -1, 2)]),
  'a quantizer': (g, x) => {
    const scale = g.constant(float32Tensor([], Float32Array.of(0.1)));
    const zeroPoint = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(128) });
    return g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, scale, zeroPoint]), scale, zeroPoint]);
  },
};

for (const [name, add] of Object.entries(changed)) {
  test(`${name}: the raised graph computes the same bits`, async (t) => {
    const g = graphBuilder();
    const made = add(g, g.input('x', [1, 4, 6, 6]));
    const outputs = [made]
      .flat()
      .map((output) => ({ name: output, dtype: 'float32' as const, dims: [null] }));
    const graph = withAnyRank(g.buildRaw(outputs));
    const raised = raiseOpset(graph, 21)!;
    t.like(raised, { irVersion: 10, opsets: new Map([['', 21]]) });
    const feeds = randomFeeds(graph);
    t.deepEqual(await runOnce(raised, feeds), await runOnce(graph, feeds));
  });
}

/** An output whose shape is not declared may have any. */
function withAnyRank(graph: Graph): Graph {
  return { ...graph, outputs: graph.outputs.map(({ name, dtype }) => ({ name, dtype, dims: [] })) };
}

/** Nodes of operator set 11, over `x` of [1, 4, 6, 6], whose form changed in 12 or 13. */
const changedBy13: Readonly<Record<string, (g: Builder, x: string) => string | string[]>> = {
  'Squeeze and Unsqueeze': (g, x) => {
    const wide = g.node('Unsqueeze', [x], { attributes: { axes: [1, 3] } });
    return g.node('Squeeze', [wide], { attributes: { axes: [0] } });
  },
  'Squeeze of all': (g, x) => g.node('Squeeze', [x]),
  'ReduceSum over axes': (g, x) => g.node('ReduceSum', [x], { attributes: { axes: [2, 3], keepdims: 0 } }),
  'ReduceMax over axes': (g, x) => g.node('ReduceMax', [x], { attributes: { axes: [1] } }),
  'Split into given parts': (g, x) =>
    g.nodeWithOutputs('Split', [x], { attributes: { axis: 1, split: [1, 3] }, count: 2 }),
  'Split into equal parts': (g, x) => g.nodeWithOutputs('Split', [x], { attributes: { axis: 1 }, count: 2 }),
  'Softmax over the last axis': (g, x) => g.node('Softmax', [x], { attributes: { axis: -1 } }),
  'Softmax of an axis that only ones follow': (g, x) => {
    const flat = g.node('Reshape', [x, g.ints(1, 144, 1)]);
    return g.node('Softmax', [flat]);
  },
  'Clip, Pad and Gemm': (g, x) => {
    const clipped = g.node('Clip', [x, g.constant(float32Tensor([], Float32Array.of(-0.5)))]);
    const flat = g.node('Flatten', [g.node('Pad', [clipped, g.ints(0, 0, 1, 1, 0, 0, 1, 1)])]);
    return g.node('Gemm', [flat, g.weights(256, 3)]);
  },
};

for (const [name, add] of Object.entries(changedBy13)) {
  for (const target of [13, 21] as const) {
    test(`${name}, of set 11, computes the same bits in set ${target}`, async (t) => {
      const g = graphBuilder({ opset: 11 });
      const made = [add(g, g.input('x', [1, 4, 6, 6]))].flat();
      const graph = g.build(made);
      const raised = raiseOpset(inferShapes(graph), target)!;
      t.is(raised.opsets.get(''), target);
      const feeds = randomFeeds(graph);
      t.deepEqual(await runOnce(raised, feeds), await runOnce(graph, feeds));
    });
  }
}

test('a Dropout of set 11 passes its input on', async (t) => {
  const g = graphBuilder({ opset: 11 });
  const ratio = { type: 'float', value: 0.5 } as const;
  const kept = g.node('Dropout', [g.input('x', [4])], { attributes: { ratio } });
  const graph = g.buildRaw([{ name: g.relu(kept), dtype: 'float32', dims: [4] }]);
  const feeds = randomFeeds(graph);
  t.deepEqual(await runOnce(raiseOpset(graph, 13)!, feeds), await runOnce(graph, feeds));
});

test('what set 13 has no form for stays: a Softmax over several axes or of unknown rank, a placement of pixels', (t) => {
  const softmax = graphBuilder({ opset: 11 });
  const wide = softmax.build([softmax.node('Softmax', [softmax.input('x', [1, 4, 6, 6])])]);
  t.is(raiseOpset(inferShapes(wide), 13), undefined);

  const output = [{ name: 'y', dtype: 'float32' as const, dims: [null] }];
  const open = graphBuilder({ opset: 11 });
  open.node('Softmax', [open.node('Relu', [open.input('x', [1])])], { name: 'y' });
  t.is(raiseOpset(open.buildRaw(output), 13), undefined);

  const placed = graphBuilder({ opset: 11 });
  const scales = placed.constant(floats(1, 1, 2, 2));
  placed.node('Resize', [placed.input('x', [1, 1, 4, 4]), '', scales], {
    attributes: { coordinate_transformation_mode: 'tf_half_pixel_for_nn' },
    name: 'y',
  });
  t.is(raiseOpset(placed.buildRaw(output), 13), undefined);
});

test('an average pool is the same but for its last bits', async (t) => {
  const g = graphBuilder();
  const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 };
  const graph = g.build([g.node('AveragePool', [g.input('x', [1, 4, 6, 6])], { attributes, name: 'y' })]);
  const feeds = randomFeeds(graph);
  const [before, after] = [await runOnce(graph, feeds), await runOnce(raiseOpset(graph, 21)!, feeds)];
  t.true(relativeDifference(before.y!, after.y!) < 1e-6);
});

test('boxes of RoiAlign are placed as before', async (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 1, 6, 6]);
  const boxes = g.constant(float32Tensor([1, 4], Float32Array.of(1, 1, 4, 5)));
  const image = g.constant({ dtype: 'int64', dims: [1], data: BigInt64Array.of(0n) });
  const attributes = { output_height: 2, output_width: 2 };
  const output = g.node('RoiAlign', [x, boxes, image], { attributes });
  const graph = g.buildRaw([{ name: output, dtype: 'float32', dims: [1, 1, 2, 2] }]);
  const feeds = randomFeeds(graph);
  t.deepEqual(await runOnce(raiseOpset(graph, 21)!, feeds), await runOnce(graph, feeds));
});

test('the new constants take no name that is taken', async (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 4]);
  g.constant(float32Tensor([1], Float32Array.of(3)), 'mean/axes');
  const mean = g.node('ReduceMean', [x], { name: 'mean', attributes: { axes: [1] } });
  const graph = g.build([g.node('Add', [mean, 'mean/axes'])]);
  const raised = raiseOpset(graph, 21)!;
  t.is(raised.initializers.size, 2);
  t.deepEqual(await runOnce(raised, randomFeeds(graph)), await runOnce(graph, randomFeeds(graph)));
});

test('a graph of operator set 21 or newer is returned as it is', (t) => {
  for (const opset of [21, 26]) {
    const g = graphBuilder({ opset });
    const graph = g.build([g.relu(g.input('x', [1]))]);
    t.is(raiseOpset(graph, 21), graph);
  }
});

test('what a newer set wrote stays: axes and parts that are inputs or attributes of it', async (t) => {
  const g = graphBuilder({ opset: 18 });
  const x = g.input('x', [1, 4]);
  const parts = g.nodeWithOutputs('Split', [x], { attributes: { axis: 1, num_outputs: 2 }, count: 2 });
  const mean = g.node('ReduceMean', [parts[1]!, g.ints(1)]);
  const graph = g.buildRaw([{ name: mean, dtype: 'float32', dims: [1, 1] }]);
  const raised = raiseOpset(graph, 21)!;
  t.deepEqual(raised.nodes, graph.nodes);
  t.deepEqual(await runOnce(raised, randomFeeds(graph)), await runOnce(graph, randomFeeds(graph)));
});

test('a graph that is not known to mean the same is left alone', (t) => {
  const raise21 = (graph: Graph) => raiseOpset(graph, 21);
  const old = graphBuilder({ opset: 10 });
  t.is(raise21(old.build([old.relu(old.input('x', [1]))])), undefined);

  const output = (name: string) => [{ name, dtype: 'float32' as const, dims: [1] }];
  const unknown = graphBuilder();
  t.is(raise21(unknown.buildRaw(output(unknown.node('GridSample', [unknown.input('x', [1])])))), undefined);

  const foreign = graphBuilder();
  const relu = foreign.node('Relu', [foreign.input('x', [1])], { domain: 'com.example' });
  t.is(raise21(foreign.buildRaw(output(relu))), undefined);

  const training = graphBuilder();
  const reads = [training.input('x', [1, 1]), ...Array.from({ length: 4 }, () => training.weights(1))];
  const [y = ''] = training.nodeWithOutputs('BatchNormalization', reads, { count: 3 });
  t.is(raise21(training.buildRaw(output(y))), undefined);

  const nested = graphBuilder();
  const body = { type: 'opaque' as const, value: null };
  const copy = nested.node('Identity', [nested.input('x', [1])], { attributes: { body } });
  t.is(raise21(nested.buildRaw(output(copy))), undefined);
});
