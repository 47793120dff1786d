import { readFileSync } from 'node:fs';
import test from 'ava';
import { prepareGraph } from '../../../../calibrate/quantize/prepareGraph.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { nodeMacs } from '../../../../runtime/graph/macs.js';
import { decodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { leakyReluSplits } from '../../../../runtime/graph/passes/leakyReluSplits.js';
import { poolBeforeActivation } from '../../../../runtime/graph/passes/poolBeforeActivation.js';
import { splitLeakyRelu } from '../../../../runtime/graph/passes/splitLeakyRelu.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';
import { sharedModels } from '../../../helpers/paths.js';
import { sharedTest } from '../../../helpers/requires.js';

type Builder = ReturnType<typeof graphBuilder>;

const operators = (graph: Graph) => graph.nodes.map(({ opType }) => opType);
const leaky = (g: Builder, x: string, alpha = 0.1) =>
  g.node('LeakyRelu', [x], { attributes: { alpha: { type: 'float', value: alpha } } });
const pool = (g: Builder, x: string) =>
  g.node('MaxPool', [x], { attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } });

/** Returns the largest difference that a rewriting makes to any output, as a share of the output's range. */
async function deviation(before: Graph, after: Graph): Promise<number> {
  const feeds = randomFeeds(before);
  const [expected, got] = [await runOnce(before, feeds), await runOnce(after, feeds)];
  return Math.max(
    ...Object.entries(expected).map(([name, tensor]) => relativeDifference(tensor, got[name]!)),
  );
}

test('a convolution before a LeakyReLU becomes two, of which one is rectified, and their sum', async (t) => {
  const g = graphBuilder();
  const conv = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 3, 3], pad: 1 });
  const act = leaky(g, conv);
  const graph = inferShapes(g.build([g.conv(act, { weights: [2, 4, 1, 1] })]));
  const split = splitLeakyRelu(graph, new Set([conv]));
  t.deepEqual(operators(split), ['Conv', 'Relu', 'Conv', 'Add', 'Conv']);
  t.deepEqual(split.nodes[3]!.outputs, [act]);
  t.is(split.initializers.size, 6);
  t.true((await deviation(graph, split)) < 1e-6);
  // Every tensor's type is known, without another inference.
  for (const [output, macs] of nodeMacs(split)) t.true(macs > 0, output);
  t.is(nodeMacs(split).size, 3);
});

test('a depthwise convolution without bias too', async (t) => {
  const g = graphBuilder();
  const conv = g.node('Conv', [g.input('x', [1, 4, 8, 8]), g.weights(4, 1, 3, 3)], {
    attributes: { group: 4 },
  });
  const graph = g.build([leaky(g, conv, 0.25)]);
  const split = splitLeakyRelu(graph, new Set([conv]));
  t.deepEqual(operators(split), ['Conv', 'Relu', 'Conv', 'Add']);
  t.true((await deviation(graph, split)) < 1e-6);
});

test('pools before the LeakyReLU come to stand in both halves, and the sum has the pooled size', async (t) => {
  const g = graphBuilder();
  const conv = g.conv(g.input('x', [1, 3, 16, 16]), { weights: [4, 3, 3, 3], pad: 1 });
  const graph = inferShapes(g.build([leaky(g, pool(g, pool(g, conv)))]));
  const split = splitLeakyRelu(graph, new Set([conv]));
  const pools = Array(4).fill('MaxPool');
  t.deepEqual(operators(split), ['Conv', 'Relu', 'Conv', ...pools, 'Add']);
  t.true((await deviation(graph, split)) < 1e-6);
  t.deepEqual(split.values.get(split.nodes.at(-2)!.outputs[0]!)?.dims, [1, 4, 4, 4]);
});

test('convolutions of one weight tensor are split together and go on sharing', async (t) => {
  const g = graphBuilder();
  const [weights, bias] = [g.weights(4, 3, 1, 1), g.weights(4)];
  const convs = [8, 4].map((size) =>
    g.node('Conv', [g.input(`x${size}`, [1, 3, size, size]), weights, bias]),
  );
  const graph = g.build(convs.map((conv) => leaky(g, conv)));
  const split = splitLeakyRelu(graph, new Set([convs[1]!]));
  t.is(operators(split).filter((opType) => opType === 'Conv').length, 4);
  t.is(split.initializers.size, 4);
  t.true((await deviation(graph, split)) < 1e-6);
});

test('what is not asked for, and what cannot be split, is left alone', (t) => {
  const build = (finish: (g: Builder, conv: string) => readonly string[]) => {
    const g = graphBuilder();
    const conv = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
    return { graph: g.build(finish(g, conv)), conv };
  };
  const alone = build((g, conv) => [leaky(g, conv)]);
  t.is(splitLeakyRelu(alone.graph, new Set(['other'])), alone.graph);
  const refused = [
    build((g, conv) => [g.relu(conv)]),
    build((g, conv) => [leaky(g, conv), conv]),
    build((g, conv) => [leaky(g, conv), g.node('Neg', [conv])]),
    build((g, conv) => [leaky(g, conv, 0)]),
    build((g, conv) => [leaky(g, conv, 1.5)]),
    build((g, conv) => [leaky(g, conv, -0.1)]),
  ];
  for (const { graph, conv } of refused) t.is(splitLeakyRelu(graph, new Set([conv])), graph);
});

test('weights that another slope or another activation shares are left alone, and so are weights that are fed', (t) => {
  const sharing = (activate: (g: Builder, conv: string) => string) => {
    const g = graphBuilder();
    const weights = g.weights(4, 3, 1, 1);
    const [one, two] = ['a', 'b'].map((name) => g.node('Conv', [g.input(name, [1, 3, 4, 4]), weights]));
    return g.build([leaky(g, one!), activate(g, two!)]);
  };
  t.is(leakyReluSplits(sharing((g, conv) => leaky(g, conv, 0.1))).length, 1);
  t.is(leakyReluSplits(sharing((g, conv) => leaky(g, conv, 0.2))).length, 0);
  t.is(leakyReluSplits(sharing((g, conv) => g.relu(conv))).length, 0);
  const g = graphBuilder();
  const fed = g.node('Conv', [g.input('x', [1, 3, 4, 4]), g.input('w', [4, 3, 1, 1])]);
  t.is(leakyReluSplits(g.build([leaky(g, fed)])).length, 0);
});

for (const name of ['nanodet-plus-m_416', 'yolo-fastest-1.1-xl']) {
  sharedTest(`${name} computes the same with its stem's pool moved and every LeakyReLU split`, async (t) => {
    const { manifest } = sharedModels.find((model) => model.name === name)!;
    const graph = prepareGraph(decodeOnnx(readFileSync(manifest.replace(/json$/, 'onnx')), manifest));
    const pooled = poolBeforeActivation(graph);
    const splits = leakyReluSplits(pooled);
    t.true(splits.length >= 50, String(splits.length));
    const all = splits.flatMap(({ branches }) => branches.map(({ conv }) => conv.outputs[0]!));
    const split = splitLeakyRelu(pooled, new Set(all));
    t.false(operators(split).includes('LeakyRelu'));
    t.true((await deviation(graph, pooled)) === 0);
    t.true((await deviation(graph, split)) < 1e-4);
  });
}
