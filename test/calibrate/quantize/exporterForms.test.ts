import test from 'ava';
import type { Graph } from '../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { lowerQdq } from '../../../runtime/lowering/lowerQdq.js';
import { relativeDifference, runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';
import { quantizedModel } from '../../helpers/quantizedModel.js';

type Builder = ReturnType<typeof graphBuilder>;
/** Adds to features of [1, 8, 12, 12] what keeps their channels. */
type Block = (g: Builder, x: string) => string;

const scalar = (g: Builder, value: number) => g.constant(float32Tensor([], Float32Array.of(value)));
const convolved = (g: Builder, x: string, attributes: Record<string, string | readonly number[]> = {}) =>
  g.node('Conv', [x, g.weights(8, 8, 3, 3)], { attributes });
const pointwise = (g: Builder, x: string, filters: number, channels: number) =>
  g.conv(x, { weights: [filters, channels, 1, 1] });
const around = [0, 0, 1, 1, 0, 0, 1, 1];
const padded = (g: Builder, x: string) => g.node('Pad', [x, g.ints(...around)]);
const excited = (g: Builder, x: string, pooled: string) => {
  const gate = g.node('Sigmoid', [pointwise(g, g.relu(pointwise(g, pooled, 2, 8)), 8, 2)]);
  return g.node('Mul', [x, gate]);
};

/** What exporters write in ways of their own. */
const blocks: Record<string, Block> = {
  'padding by auto_pad': (g, x) => convolved(g, x, { auto_pad: 'SAME_UPPER' }),
  'padding by a Pad': (g, x) => convolved(g, padded(g, x)),
  'padding by a Pad before auto_pad': (g, x) => convolved(g, padded(g, x), { auto_pad: 'VALID' }),
  'a pool rounded up': (g, x) =>
    g.node('MaxPool', [x], { attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } }),
  'a bias as a sum': (g, x) => g.relu(g.node('Add', [convolved(g, x), g.weights(1, 8, 1, 1)])),
  'a scale as a product': (g, x) => g.relu(g.node('Mul', [convolved(g, x), scalar(g, 2)])),
  'a batch norm': (g, x) => g.relu(g.batchNorm(convolved(g, x), 8)),
  'a batch norm before its convolution': (g, x) => convolved(g, g.relu(g.batchNorm(x, 8))),
  'a batch norm behind a sum': (g, x) => g.relu(g.batchNorm(g.node('Add', [x, pointwise(g, x, 8, 8)]), 8)),
  'squeeze and excite by a mean': (g, x) =>
    excited(g, x, g.node('ReduceMean', [x], { attributes: { axes: [2, 3], keepdims: 1 } })),
  'squeeze and excite by a pool': (g, x) => excited(g, x, g.node('GlobalAveragePool', [x])),
  'a hard swish in four nodes': (g, x) => {
    const made = convolved(g, x);
    const ramp = g.node('Clip', [g.node('Add', [made, scalar(g, 3)]), scalar(g, 0), scalar(g, 6)]);
    return g.node('Div', [g.node('Mul', [made, ramp]), scalar(g, 6)]);
  },
  'ReLU6 in two nodes': (g, x) =>
    g.node('Min', [g.node('Max', [convolved(g, x), scalar(g, 0)]), scalar(g, 6)]),
  'parts and factors as attributes': (g, x) => {
    const [a = '', b = ''] = g.nodeWithOutputs('Split', [x], {
      attributes: { axis: 1, split: [3, 5] },
      count: 2,
    });
    return g.node('Concat', [b, a], { attributes: { axis: 1 } });
  },
  'a ConvTranspose': (g, x) =>
    g.node('ConvTranspose', [x, g.weights(8, 8, 2, 2)], { attributes: { strides: [2, 2] } }),
  'a sum of three': (g, x) => g.relu(g.node('Sum', [x, pointwise(g, x, 8, 8), pointwise(g, x, 8, 8)])),
  'a stack that is summed': (g, x) => {
    const stacked = [x, pointwise(g, x, 8, 8), pointwise(g, x, 8, 8)].map((term) =>
      g.node('Unsqueeze', [term, g.ints(-1)]),
    );
    const stack = g.node('Concat', stacked, { attributes: { axis: 4 } });
    return g.relu(g.node('ReduceSum', [stack, g.ints(-1)], { attributes: { keepdims: 0 } }));
  },
  'a quotient': (g, x) => g.node('Add', [x, g.node('Div', [x, scalar(g, 3)])]),
  'an instance norm': (g, x) =>
    g.relu(g.node('InstanceNormalization', [convolved(g, x), g.weights(8), g.weights(8)])),
  PReLU: (g, x) => g.node('PRelu', [convolved(g, x), g.weights(8, 1, 1)]),
  Mish: (g, x) => {
    const made = convolved(g, x);
    return g.node('Mul', [made, g.node('Tanh', [g.node('Softplus', [made])])]);
  },
};

function network(block: Block, opset: number): Graph {
  const g = graphBuilder({ opset });
  const stem = g.relu(g.conv(g.input('x', [1, 3, 12, 12]), { weights: [8, 3, 3, 3], pad: 1 }));
  return g.build([g.conv(block(g, stem), { weights: [5, 8, 1, 1] })]);
}

for (const [name, block] of Object.entries(blocks)) {
  // Older than 13 is raised.
  const opset = name.endsWith('as attributes') ? 11 : 13;
  test(`${name}: quantized, and lowered as a whole`, async (t) => {
    const graph = network(block, opset);
    const feeds = randomFeeds(graph);
    const quantized = await quantizedModel(graph, { weightBits: 8, feeds });
    const [float, got] = [await runOnce(graph, feeds), await runOnce(quantized, feeds)];
    const [output = ''] = Object.keys(float);
    t.true(relativeDifference(float[output]!, got[output]!) < 0.05);
    const { graph: integers } = lowerQdq(quantized);
    const rest = integers!.tail.nodes.filter(({ opType }) => opType === 'Conv');
    t.is(rest.length, 0);
  });
}
