import test from 'ava';
import { convGeometry, positionCount, rowSize } from '../../../calibrate/workbench/convGeometry.js';
import { type ConvInput, convRows } from '../../../calibrate/workbench/convRows.js';
import { layerOutputs } from '../../../calibrate/workbench/layerSamples.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { inferShapes } from '../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { relativeDifference, runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';
import { workbench } from '../../helpers/searchProblem.js';

/** Returns the output of a graph's last node, a convolution, made of its input's rows at every position. */
async function outputOfRows(graph: Graph, input: ConvInput): Promise<Tensor> {
  const node = graph.nodes.at(-1)!;
  const geometry = convGeometry(node, graph);
  const count = positionCount(geometry);
  const size = rowSize(geometry);
  const rows = new Float32Array(count * size);
  convRows(input, geometry, { positions: Int32Array.from({ length: count }, (_, i) => i), rows });
  const [weights, bias] = node.inputs.slice(1).map((name) => graph.initializers.get(name)!);
  const outputs = await layerOutputs(
    workbench(),
    { rows, size },
    {
      weights: weights!.data as Float32Array,
      bias: bias?.data as Float32Array | undefined,
    },
  );
  const channels = weights!.dims[0]!;
  const planes = outputs.map((_, i) => outputs[(i % count) * channels + Math.floor(i / count)]!);
  return float32Tensor([1, channels, ...geometry.outputSize], planes);
}

const convolutions = {
  'one pixel': { weights: [5, 3, 1, 1], attributes: {} },
  'a stride and pads that differ on every side': {
    weights: [4, 3, 3, 2],
    attributes: { strides: [2, 1], pads: [1, 0, 2, 1] },
  },
  dilation: { weights: [4, 3, 3, 3], attributes: { dilations: [2, 3], pads: [2, 3, 2, 3] } },
} as const;

for (const [name, options] of Object.entries(convolutions)) {
  test(`rows times weights are the convolution: ${name}`, async (t) => {
    const g = graphBuilder();
    const { weights, attributes } = options;
    const x = g.input('x', [1, 3, 9, 8]);
    const reads = [x, g.weights(...weights), g.weights(weights[0])];
    const graph = g.build([g.node('Conv', reads, { attributes, name: 'y' })]);
    const feeds = randomFeeds(graph);
    const { y } = await runOnce(graph, feeds);
    t.true(relativeDifference(y!, await outputOfRows(graph, feeds.x!)) < 1e-6);
  });
}

test('codes stand for their values, and padding for zero whatever the zero point', async (t) => {
  const g = graphBuilder();
  const codes = g.input('codes', [1, 2, 5, 5], 'uint8');
  const grid = { scale: 0.25, zeroPoint: 200 };
  const scale = g.constant(float32Tensor([], Float32Array.of(grid.scale)));
  const zeroPoint = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(grid.zeroPoint) });
  const x = g.node('DequantizeLinear', [codes, scale, zeroPoint]);
  const conv = g.node('Conv', [x, g.weights(3, 2, 3, 3)], { attributes: { pads: [1, 1, 1, 1] }, name: 'y' });
  const graph = inferShapes(g.build([conv]));
  const data = Uint8Array.from({ length: 50 }, (_, i) => (i * 41) % 256);
  const tensor: Tensor = { dtype: 'uint8', dims: [1, 2, 5, 5], data };
  const { y } = await runOnce(graph, { codes: tensor });
  t.true(relativeDifference(y!, await outputOfRows(graph, { codes: tensor, grid })) < 1e-6);
});

test('rows come in the order of their positions', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 1, 3, 3]);
  const conv = g.node('Conv', [x, g.weights(1, 1, 2, 2)], { attributes: { pads: [0, 0, 1, 1] } });
  const graph = g.build([conv]);
  const input = float32Tensor(
    [1, 1, 3, 3],
    Float32Array.from({ length: 9 }, (_, i) => i + 1),
  );
  const rows = new Float32Array(8);
  convRows(input, convGeometry(graph.nodes[0]!, graph), { positions: Int32Array.of(8, 1), rows });
  t.deepEqual([...rows], [9, 0, 0, 0, 2, 3, 5, 6]);
});

test('a convolution along one axis, or of several images, is refused by name', (t) => {
  for (const [input, kernel] of [
    [[1, 2, 8], [2]],
    [
      [2, 2, 8, 8],
      [2, 2],
    ],
  ] as const) {
    const g = graphBuilder();
    const conv = g.node('Conv', [g.input('x', input), g.weights(3, 2, ...kernel)], { name: 'odd' });
    const graph = g.build([conv]);
    const error = t.throws(() => convGeometry(graph.nodes[0]!, graph));
    t.is((error as { code?: string }).code, 'shape_mismatch');
    t.regex(error!.message, /Conv "odd"/);
  }
});
