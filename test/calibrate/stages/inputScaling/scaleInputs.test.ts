import test from 'ava';
import { prepareGraph } from '../../../../calibrate/quantize/prepareGraph.js';
import { scaleInputs } from '../../../../calibrate/stages/inputScaling/scaleInputs.js';
import { scalingTensors } from '../../../../calibrate/stages/inputScaling/scalingFactors.js';
import { readModelFiles } from '../../../../runtime/detector/modelFiles.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';
import { sharedModels } from '../../../helpers/paths.js';
import { peaksOf } from '../../../helpers/peaksOf.js';
import { pyramidDetector } from '../../../helpers/pyramidDetector.js';
import { sharedTest } from '../../../helpers/requires.js';
import { scaledOnRandomImages, unevenNetwork } from '../../../helpers/scaledNetwork.js';

type Builder = ReturnType<typeof graphBuilder>;

/** The largest difference of any output on an image that was not measured, relative to that output's range. */
async function difference(graph: Graph, scaled: Graph): Promise<number> {
  const feeds = randomFeeds(graph, 99);
  const [expected, got] = [await runOnce(graph, feeds), await runOnce(inferShapes(scaled), feeds)];
  return Math.max(...graph.outputs.map(({ name }) => relativeDifference(expected[name]!, got[name]!)));
}

/** Ratio of the largest to the smallest of the channels' largest magnitudes. */
async function spread(graph: Graph, tensor: string): Promise<number> {
  const peaks = await peaksOf(graph, { inputs: [randomFeeds(graph)], tensors: [tensor] });
  const values = peaks.get(tensor)!;
  return Math.max(...values) / Math.min(...values);
}

const leaky = (g: Builder, x: string) => g.node('LeakyRelu', [x], { attributes: { alpha: 0.1 } });
const shuffled = (g: Builder, x: string) => {
  const parts = g.node('Reshape', [x, g.ints(1, 2, 4, 12, 12)]);
  const turned = g.node('Transpose', [parts], { attributes: { perm: [0, 2, 1, 3, 4] } });
  return g.node('Reshape', [turned, g.ints(1, 8, 12, 12)]);
};
const excited = (g: Builder, x: string) => {
  const pooled = g.node('GlobalAveragePool', [x]);
  const squeezed = g.relu(g.conv(pooled, { weights: [2, 8, 1, 1] }));
  return g.node('Mul', [x, g.node('HardSigmoid', [g.conv(squeezed, { weights: [8, 2, 1, 1] })])]);
};
const silu = (g: Builder, x: string) => g.node('Mul', [x, g.node('Sigmoid', [x])]);

const blocks: Record<string, (g: Builder, x: string) => string> = {
  'a LeakyReLU': leaky,
  'a PReLU': (g, x) => g.node('PRelu', [x, g.weights(8, 1, 1)]),
  'a ReLU and pools': (g, x) => {
    const attributes = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] };
    return g.node('AveragePool', [g.node('MaxPool', [g.relu(x)], { attributes })], { attributes });
  },
  'a channel shuffle': (g, x) => shuffled(g, leaky(g, x)),
  'a squeeze-and-excite branch': (g, x) => excited(g, leaky(g, x)),
  'a SiLU': silu,
  'a hard swish': (g, x) => g.node('Mul', [x, g.node('HardSigmoid', [x], { attributes: { alpha: 1 / 6 } })]),
  'a residual chain of SiLUs': (g, x) => {
    const once = g.node('Add', [x, silu(g, g.conv(x, { weights: [8, 8, 1, 1] }))]);
    return g.node('Add', [once, silu(g, g.conv(once, { weights: [8, 1, 3, 3], pad: 1, group: 8 }))]);
  },
  'a split, a grouped convolution and a concatenation': (g, x) => {
    const [head = '', tail = ''] = g.nodeWithOutputs('Split', [leaky(g, x), g.ints(2, 6)], {
      count: 2,
      attributes: { axis: 1 },
    });
    const grouped = leaky(g, g.conv(tail, { weights: [6, 2, 3, 3], pad: 1, group: 3 }));
    return g.node('Concat', [grouped, head], { attributes: { axis: 1 } });
  },
  'an upsampled level': (g, x) => {
    const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
    const pooled = g.node('MaxPool', [leaky(g, x)], { attributes });
    const scales = g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 2)));
    const upsampled = g.node('Resize', [pooled, '', scales], { attributes: { mode: 'linear' } });
    return g.node('Add', [upsampled, x]);
  },
  'padding and a convolution whose weights two levels share': (g, x) => {
    const [weights, bias] = [g.weights(8, 8, 3, 3), g.weights(8)];
    const pads = g.ints(0, 0, 1, 1, 0, 0, 1, 1);
    const once = leaky(g, g.node('Conv', [g.node('Pad', [x, pads]), weights, bias]));
    return g.node('Conv', [g.node('Pad', [once, pads]), weights, bias]);
  },
};

for (const [name, block] of Object.entries(blocks)) {
  test(`scaling through ${name} leaves the outputs as they are`, async (t) => {
    const { graph } = unevenNetwork(block);
    const scaled = await scaledOnRandomImages(graph);
    t.not(scaled, graph);
    // A hundred layers of SiLUs of random pixels make 2e-5 of float32's 6e-8.
    t.true((await difference(graph, scaled)) < 5e-5);
  });
}

test('what a depthwise convolution reads comes to span a quarter of the magnitudes or less', async (t) => {
  for (const block of [leaky, shuffled, silu]) {
    const { graph, between } = unevenNetwork(block);
    const scaled = await scaledOnRandomImages(graph);
    const [before, after] = [await spread(graph, between), await spread(scaled, between)];
    t.true(after < before / 4, `${before} to ${after}`);
  }
});

test('factors that spread less than is worth it are left away where they cost a multiply, and only there', async (t) => {
  const leastSpreads = [0, 0.5, 10];
  const made = async (block: (g: Builder, x: string) => string) => {
    const { graph, between } = unevenNetwork(block);
    const scaled = leastSpreads.map((leastSpread) => scaledOnRandomImages(graph, { leastSpread }));
    const graphs = await Promise.all(scaled);
    for (const one of graphs) t.true((await difference(graph, one)) < 5e-5);
    return {
      added: graphs.map(({ nodes }) => nodes.length - graph.nodes.length),
      spreads: await Promise.all(graphs.map((one) => spread(one, between))),
    };
  };
  // The stem's channels reach 1 to 128.
  const { added, spreads } = await made(silu);
  t.deepEqual(added, [1, 1, 0]);
  t.true(spreads[1]! < spreads[2]! / 4);
  const free = await made(leaky);
  t.deepEqual(free.added, [0, 0, 0]);
  t.is(free.spreads[0], free.spreads[2]);
});

test('through (Leaky)ReLUs all of it is folded; a SiLU costs one multiply', async (t) => {
  const folded = unevenNetwork(leaky).graph;
  t.is((await scaledOnRandomImages(folded)).nodes.length, folded.nodes.length);
  const { graph } = unevenNetwork(silu);
  const added = (await scaledOnRandomImages(graph)).nodes.filter((node) => !graph.nodes.includes(node));
  t.deepEqual(
    added.map(({ opType }) => opType),
    ['Mul', 'Sigmoid'],
  );
  t.true((await difference(graph, await scaledOnRandomImages(graph))) < 1e-5);
});

test('where nothing can be scaled the graph itself is returned', async (t) => {
  const g = graphBuilder();
  const features = g.node('Tanh', [g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] })]);
  const graph = prepareGraph(g.build([g.conv(features, { weights: [2, 4, 1, 1] })]));
  t.is(await scaledOnRandomImages(graph), graph);
});

test('weights that levels share are scaled once, for both', async (t) => {
  const graph = prepareGraph(pyramidDetector().graph);
  const scaled = await scaledOnRandomImages(graph);
  t.true((await difference(graph, scaled)) < 1e-5);
  const towers = scaled.nodes.filter(({ name }) => /^tower/.test(name));
  t.is(new Set(towers.map(({ inputs }) => inputs[1])).size, 1);
  t.notDeepEqual(
    scaled.initializers.get(towers[0]!.inputs[1]!)!.data,
    graph.initializers.get(towers[0]!.inputs[1]!)!.data,
  );
});

test('black images, dead channels and a weight of 1e4 leave finite weights and the outputs', async (t) => {
  const { graph } = unevenNetwork(leaky);
  const [stem] = graph.nodes;
  const constant = graph.initializers.get(stem!.inputs[1]!)!;
  // Filter 0 is dead, filter 1 has one weight of 1e4.
  const data = (constant.data as Float32Array).map((x, i) => (i < 27 ? 0 : i === 27 ? 1e4 : x));
  const bias = (graph.initializers.get(stem!.inputs[2]!)!.data as Float32Array).with(0, 0);
  const initializers = new Map(graph.initializers)
    .set(stem!.inputs[1]!, float32Tensor(constant.dims, data))
    .set(stem!.inputs[2]!, float32Tensor([bias.length], bias));
  const harsh = { ...graph, initializers };
  const black = { x: float32Tensor([1, 3, 12, 12], new Float32Array(3 * 144)) };
  for (const inputs of [[black], [black, randomFeeds(graph)]]) {
    const peaks = await peaksOf(harsh, { inputs, tensors: scalingTensors(harsh) });
    const scaled = scaleInputs(harsh, peaks, { strength: 0.75 });
    for (const { data } of scaled.initializers.values())
      t.true([...data].every((x) => Number.isFinite(Number(x))));
    t.true((await difference(harsh, scaled)) < 1e-5);
  }
});

for (const { name, manifest } of sharedModels) {
  sharedTest(`${name} computes the same after scaling`, async (t) => {
    const graph = prepareGraph((await readModelFiles(manifest)).graph);
    const feeds = randomFeeds(graph, 1);
    const peaks = await peaksOf(graph, {
      inputs: [feeds],
      tensors: scalingTensors(graph),
    });
    const scaled = scaleInputs(graph, peaks, { strength: 0.75 });
    t.not(scaled, graph);
    // A hundred layers of SiLUs of random pixels make 2e-5 of float32's 6e-8.
    t.true((await difference(graph, scaled)) < 5e-5);
  });
}
