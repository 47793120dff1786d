import type { ExecutionContext } from 'ava';
import { readModelFiles } from '../../../../runtime/detector/modelFiles.js';
import type { LoadOptions, Session, TensorMap } from '../../../../runtime/engines/engine.js';
import { imageCodes } from '../../../../runtime/engines/imageCodes.js';
import { litertEngine } from '../../../../runtime/engines/litert/litertEngine.js';
import { onnxruntimeEngine } from '../../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';
import { litertTest } from '../../../helpers/litert.js';
import { projectRoot } from '../../../helpers/paths.js';
import { qdqBuilder, qdqGraph } from '../../../helpers/qdqGraphs.js';
import { quantizedModel } from '../../../helpers/quantizedModel.js';

type Builder = ReturnType<typeof graphBuilder>;

/** Small float networks whose quantized forms hold what detectors are made of, each with a convolution at both ends. */
const networks: Readonly<Record<string, (g: Builder, x: string) => string>> = {
  'a dense and a depthwise convolution, padded and strided': (g, x) =>
    g.conv(g.relu(g.conv(x, { weights: [8, 8, 3, 3], pad: 1, stride: 2 })), {
      weights: [8, 1, 5, 5],
      pad: 2,
      stride: 2,
      group: 8,
    }),
  'a sum and LeakyReLU': (g, x) => {
    const leaky = g.node('LeakyRelu', [g.conv(x, { weights: [8, 8, 1, 1] })], { attributes: { alpha: 0.1 } });
    return g.node('Add', [leaky, x]);
  },
  SiLU: (g, x) => {
    const made = g.conv(x, { weights: [8, 8, 1, 1] });
    return g.node('Mul', [made, g.node('Sigmoid', [made])]);
  },
  'a hard swish as a gate': (g, x) => {
    const made = g.conv(x, { weights: [8, 8, 1, 1] });
    return g.node('Mul', [made, g.node('HardSigmoid', [made], { attributes: { alpha: 1 / 6 } })]);
  },
  'a hard swish': (g, x) => g.node('HardSwish', [g.conv(x, { weights: [8, 8, 1, 1] })]),
  'a hard sigmoid of another slope': (g, x) => g.node('HardSigmoid', [g.conv(x, { weights: [8, 8, 1, 1] })]),
  'maximum pooling, padded at the start': (g, x) =>
    g.node('MaxPool', [x], { attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } }),
  'average pooling': (g, x) =>
    g.node('AveragePool', [x], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } }),
  'a channel shuffle': (g, x) => {
    const split = g.nodeWithOutputs('Split', [x], { attributes: { axis: 1 }, count: 2 });
    const joined = g.node('Concat', [split[0]!, g.conv(split[1]!, { weights: [4, 4, 1, 1] })], {
      attributes: { axis: 1 },
    });
    const groups = g.node('Reshape', [joined, g.ints(1, 2, 4, 12, 12)]);
    const moved = g.node('Transpose', [groups], { attributes: { perm: [0, 2, 1, 3, 4] } });
    return g.node('Reshape', [moved, g.ints(1, 8, 12, 12)]);
  },
  'attention, a part in float': (g, x) => {
    const [q, k, v] = [4, 4, 8].map((filters) => g.conv(x, { weights: [filters, 8, 1, 1] }));
    const rows = (tensor: string, filters: number) =>
      g.node('Reshape', [tensor, g.ints(1, 2, filters / 2, 144)]);
    const turned = (tensor: string) => g.node('Transpose', [tensor], { attributes: { perm: [0, 1, 3, 2] } });
    const likeness = g.node('MatMul', [turned(rows(q!, 4)), rows(k!, 4)]);
    const shares = g.node('Softmax', [likeness], { attributes: { axis: -1 } });
    const mixed = g.node('MatMul', [rows(v!, 8), turned(shares)]);
    return g.node('Add', [x, g.node('Reshape', [mixed, g.ints(1, 8, 12, 12)])]);
  },
  'a function that has no form in codes': (g, x) => g.node('Tanh', [g.conv(x, { weights: [8, 8, 1, 1] })]),
  'nearest and linear enlargement': (g, x) => {
    const enlarged = (mode: string) => {
      const scales = g.constant({ dtype: 'float32', dims: [4], data: Float32Array.of(1, 1, 2, 2) });
      const coordinates = mode === 'nearest' ? 'asymmetric' : 'half_pixel';
      const attributes = { mode, coordinate_transformation_mode: coordinates, nearest_mode: 'floor' };
      return g.node('Resize', [x, '', scales], { attributes });
    };
    return g.node('Concat', [enlarged('nearest'), enlarged('linear')], { attributes: { axis: 1 } });
  },
};

for (const [title, middle] of Object.entries(networks)) {
  for (const weightBits of [8, 4]) {
    litertTest(`${title} with W${weightBits}A8 is onnxruntime's to a few steps`, async (t) => {
      const g = graphBuilder({ opset: 14 });
      const stem = g.relu(g.conv(g.input('x', [1, 3, 12, 12]), { weights: [8, 3, 3, 3], pad: 1 }));
      const made = middle(g, stem);
      const channels = title.startsWith('nearest') ? 16 : 8;
      const graph = g.build([g.conv(made, { weights: [5, channels, 1, 1] })]);
      const feeds = randomFeeds(graph);
      await assertNear(t, await quantizedModel(graph, { weightBits, feeds }), { feeds, bound: 0.01 });
    });
  }
}

litertTest('a linear enlargement to twice the size rounds ties to the even code', async (t) => {
  const g = qdqBuilder();
  // Of a power of two, on which all values are exact, so that onnxruntime's ties are ties.
  const grid = { scale: 2 ** -5, zeroPoint: 110 };
  const x = g.onGrid(g.input('x', [1, 3, 16, 12]), { scale: 2 ** -7, zeroPoint: 128 });
  const made = g.convOnGrid(x, { weights: [8, 3, 3, 3], pad: 1 }, grid);
  const scales = g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 2)));
  const attributes = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  const doubled = g.onGrid(g.node('Resize', [made, '', scales], { attributes }), grid);
  const graph = g.build([made, doubled]);
  await assertNear(t, graph, { feeds: randomFeeds(graph), bound: 0 });
});

for (const [kernel, pad] of [
  [3, 1],
  [3, 0],
  [5, 2],
  [6, 2],
] as const) {
  litertTest(
    `a stem of ${kernel}x${kernel} and stride 2, padded by ${pad}, reads blocks of pixels`,
    async (t) => {
      const g = graphBuilder();
      const x = g.input('x', [1, 3, 14, 16]);
      const stem = g.relu(g.conv(x, { weights: [8, 3, kernel, kernel], pad, stride: 2 }));
      const graph = g.build([g.conv(stem, { weights: [5, 8, 1, 1] })]);
      const feeds = randomFeeds(graph);
      await assertNear(t, await quantizedModel(graph, { weightBits: 8, feeds }), { feeds, bound: 0.01 });
    },
  );
}

for (const [title, head] of Object.entries({
  '3x3, padded': { weights: [5, 8, 3, 3], pad: 1 },
  '3x3 and strided': { weights: [5, 8, 3, 3], stride: 2, pad: 1 },
  '1x1 of many filters': { weights: [96, 8, 1, 1] },
} as const)) {
  for (const zeroPoint of [0, 77, 255]) {
    litertTest(`a head, ${title}, behind a grid whose zero is ${zeroPoint} is onnxruntime's`, async (t) => {
      const graph = qdqGraph((g, x) => {
        const grid = { scale: 0.0173, zeroPoint };
        return g.codedConv(g.convOnGrid(x, { weights: [8, 3, 3, 3], pad: 1 }, grid), head);
      });
      // A step of the bias in int32, which is float here, is some 1e-5; a code some 1e-3.
      await assertNear(t, graph, { feeds: randomFeeds(graph), bound: 1e-4 });
    });
  }
}

litertTest('heads give the same in each of their forms', async (t) => {
  const graph = qdqGraph((g, x) =>
    g.codedConv(g.convOnGrid(x, { weights: [8, 3, 3, 3], pad: 1 }), { weights: [5, 8, 1, 1] }),
  );
  const feeds = randomFeeds(graph);
  const digests = new Set<string>();
  for (const heads of ['by-size', 'integer', 'float']) {
    const form = litertEngine.forms!.write(graph, { heads });
    digests.add(form.digest);
    await assertNear(t, graph, { feeds, bound: 1e-4, session: await form.load(1) });
  }
  t.is(digests.size, 2);
});

litertTest("the demo detector with W4A8 has onnxruntime's codes, all of them", async (t) => {
  const { graph } = await readModelFiles(`${projectRoot}deploy/demo-model/model/demo-retinanet.json`);
  const feeds = randomFeeds(graph);
  await assertNear(t, await quantizedModel(graph, { weightBits: 4, feeds }), { feeds, bound: 1e-6 });
});

litertTest('an image may be given as codes, and a thread of its own writes the same model', async (t) => {
  const g = graphBuilder();
  const x = g.relu(g.conv(g.input('x', [1, 3, 13, 7]), { weights: [8, 3, 3, 3], pad: 1 }));
  const float = g.build([g.conv(x, { weights: [5, 8, 1, 1] })]);
  const feeds = randomFeeds(float);
  const graph = await quantizedModel(float, { weightBits: 8, feeds });
  const expected = await runOn(graph, feeds);
  t.deepEqual(await runOn(graph, feeds, { thread: 'own', threads: 2 }), expected);
  const session = await litertEngine.load(graph);
  t.is(session.loweringNote, 'lowered to integer operators, 2 of 2 convolutions');
  const { codes } = session.inputs[0]!;
  t.deepEqual(codes?.dims, [1, 13, 7, 3]);
  t.deepEqual(await session.run({ x: imageCodes(feeds.x!, codes!) }), expected);
  await t.throwsAsync(
    session.run({ x: { dtype: 'uint8', dims: [1, 3, 13, 7], data: new Uint8Array(273) } }),
    {
      code: 'engine_run_failed',
    },
  );
  await session.dispose();
});

litertTest('a quantized graph that does not lower as a whole is refused, saying where', async (t) => {
  const g = graphBuilder();
  const float = g.build([
    g.conv(g.node('Sin', [g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 3, 3] })]), {
      weights: [4, 4, 1, 1],
    }),
  ]);
  const graph = await quantizedModel(float, { weightBits: 8, feeds: randomFeeds(float) });
  for (const thread of ['caller', 'own'] as const) {
    await t.throwsAsync(litertEngine.load(graph, { thread }), {
      code: 'op_unsupported',
      message: /LiteRT is not given operator Sin/,
    });
  }
});

interface Nearness {
  readonly feeds: TensorMap;
  /** Of the relative distance in L2 to what onnxruntime makes of it in integers. */
  readonly bound: number;
  /** What is measured; disposed of. Default: LiteRT's. */
  readonly session?: Session;
}

async function assertNear(
  t: ExecutionContext,
  graph: Graph,
  { feeds, bound, session }: Nearness,
): Promise<void> {
  const onnxruntime = await onnxruntimeEngine.load(graph);
  const expected = await onnxruntime.run(feeds);
  await onnxruntime.dispose();
  const got = await outputsOf(session ?? (await litertEngine.load(graph)), feeds);
  for (const { name } of graph.outputs) {
    t.deepEqual(got[name]!.dims, expected[name]!.dims);
    const distance = relativeL2(expected[name]!.data as Float32Array, got[name]!.data as Float32Array);
    t.true(distance <= bound, `output ${name} is ${distance} away`);
  }
}

async function runOn(graph: Graph, feeds: TensorMap, options: LoadOptions = {}): Promise<TensorMap> {
  return outputsOf(await litertEngine.load(graph, options), feeds);
}

async function outputsOf(session: Session, feeds: TensorMap): Promise<TensorMap> {
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

function relativeL2(expected: Float32Array, got: Float32Array): number {
  let [difference, size] = [0, 0];
  for (const [index, value] of expected.entries()) {
    difference += (value - got[index]!) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}
