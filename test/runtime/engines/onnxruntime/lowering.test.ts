import { existsSync } from 'node:fs';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import type { Session } from '../../../../runtime/engines/engine.js';
import { imageCodes } from '../../../../runtime/engines/imageCodes.js';
import { kernelChoices } from '../../../../runtime/engines/onnxruntime/integer/kernelChoices.js';
import { writeIntegerGraph } from '../../../../runtime/engines/onnxruntime/integer/writeIntegerGraph.js';
import { loadLowered } from '../../../../runtime/engines/onnxruntime/lowered/loadLowered.js';
import { lowerModel } from '../../../../runtime/engines/onnxruntime/lowered/loweredModel.js';
import { ServingSession } from '../../../../runtime/engines/onnxruntime/lowered/servingSession.js';
import { onnxruntimeEngine } from '../../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { OutputInPieces } from '../../../../runtime/engines/outputInPieces.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { lowerQdq } from '../../../../runtime/lowering/lowerQdq.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';
import { qdqBuilder, qdqGraph } from '../../../helpers/qdqGraphs.js';
import { tempFolder } from '../../../helpers/tempFolder.js';

const network = () =>
  qdqGraph((g, x) =>
    g.codedConv(g.convOnGrid(x, { weights: [8, 3, 3, 3], pad: 1 }), { weights: [4, 8, 1, 1] }),
  );

const lowering = async () => ({ cacheFolder: join(tempFolder(), 'cache') });

test('a quantized graph that may be lowered gives the outputs of the graph, and says what became of it', async (t) => {
  const graph = network();
  const feeds = randomFeeds(graph);
  const plain = await onnxruntimeEngine.load(graph);
  for (const thread of ['caller', 'own'] as const) {
    const session = await onnxruntimeEngine.load(graph, { lowering: {}, thread });
    t.regex(
      session.loweringNote ?? '',
      /^(lowered to integer operators, 2 of 2 convolutions: |runs as it stands: )/,
    );
    const [expected, got] = [await plain.run(feeds), await session.run(feeds)];
    const [[name, wanted]] = Object.entries(expected) as [[string, (typeof expected)[string]]];
    t.is(got[name] instanceof OutputInPieces, session.loweringNote!.startsWith('lowered'));
    for (const [index, value] of (wanted!.data as Float32Array).entries())
      t.true(Math.abs(value - Number(got[name]!.data[index]!)) < 0.1);
    await session.dispose();
  }
  t.is(plain.loweringNote, undefined);
  await plain.dispose();
});

test('what the product of a head leaves is an output as it is', (t) => {
  const model = lowerModel(network());
  if ('refusal' in model) throw new Error(model.refusal);
  const { nodes, outputs } = decodeOnnx(model.bytes);
  const product = nodes.find(({ opType }) => opType === 'MatMulIntegerToFloat')!;
  t.deepEqual(
    outputs.map(({ name, dims }) => [name, dims]),
    [[product.outputs[0], [64, 4]]],
  );
  t.is(nodes.at(-1), product);
});

test('an output that stays whole keeps its shape, a transposed head too', (t) => {
  const graph = qdqGraph((g, x) => {
    const head = g.codedConv(g.convOnGrid(x, { weights: [8, 3, 3, 3], pad: 1 }), { weights: [4, 8, 1, 1] });
    return g.node('Transpose', [head], { attributes: { perm: [0, 2, 3, 1] } });
  });
  const { graph: integers } = lowerQdq(graph);
  t.deepEqual(writeIntegerGraph(integers!, kernelChoices(integers!)).outputs, graph.outputs);
});

test('an output that there is not is refused by the names of those that there are, whatever it is in pieces', async (t) => {
  const graph = network();
  const model = lowerModel(graph);
  if ('refusal' in model) throw new Error(model.refusal);
  const [piece] = decodeOnnx(model.bytes).outputs;
  const feeds = randomFeeds(graph);
  for (const thread of ['caller', 'own'] as const) {
    const session = await onnxruntimeEngine.load(graph, { lowering: {}, thread });
    for (const name of ['nothing', piece!.name]) {
      await t.throwsAsync(session.run(feeds, [name]), {
        code: 'engine_run_failed',
        message: new RegExp(`${graph.outputs[0]!.name}|${name}`),
      });
    }
    await session.dispose();
  }
});

test('a lowered graph takes an image in float and as codes, and refuses one of another shape', async (t) => {
  const graph = network();
  const model = lowerModel(graph);
  if ('refusal' in model) throw new Error(model.refusal);
  const { surface } = model;
  const { codes } = surface;
  const session = new ServingSession(await onnxruntimeEngine.load(decodeOnnx(model.bytes)), {
    surface,
    note: '',
  });
  t.deepEqual(session.inputs[0]!.codes, codes.x);
  const { x } = randomFeeds(graph);
  t.deepEqual(await session.run({ x: x! }), await session.run({ x: imageCodes(x!, codes.x!) }));
  const error = await t.throwsAsync(session.run({ x: float32Tensor([1, 3, 4, 4], new Float32Array(48)) }));
  t.regex(error?.message ?? '', /expected input "x" to be float32\[1,3,8,8\], got float32\[1,3,4,4\]/);
  await session.dispose();
});

test('a float graph is loaded as it is, without a word', async (t) => {
  const g = graphBuilder();
  const session = await onnxruntimeEngine.load(g.build([g.relu(g.input('x', [1]))]), { lowering: {} });
  t.is(session.loweringNote, undefined);
  await session.dispose();
});

test('a quantized graph that cannot be lowered runs as it stands, and says why', async (t) => {
  const g = qdqBuilder();
  const image = g.onGrid(g.input('x', ['batch', 3, 8, 8]));
  const made = g.convOnGrid(image, { weights: [4, 3, 1, 1] });
  const graph = g.buildRaw([{ name: made, dtype: 'float32', dims: ['batch', 4, 8, 8] }]);
  const session = await onnxruntimeEngine.load(graph, { lowering: {} });
  t.regex(session.loweringNote ?? '', /^runs as it stands: expected input "x" to have fixed dimensions/);
  const [result] = Object.values(
    await session.run({ x: float32Tensor([2, 3, 8, 8], new Float32Array(384)) }),
  );
  t.deepEqual(result!.dims, [2, 4, 8, 8]);
  await session.dispose();
});

/** Loads by hand, so that what is loaded can be counted. */
async function counted(graph: Graph, cacheFolder: string) {
  const loaded: Uint8Array[] = [];
  const load = async (onnx: Uint8Array): Promise<Session> => {
    loaded.push(onnx);
    return onnxruntimeEngine.load(decodeOnnx(onnx));
  };
  const options = { cacheFolder, engineVersion: '1', threads: 1, load };
  const session = await loadLowered(graph, encodeOnnx(graph), options);
  await session.dispose();
  return { loads: loaded.length, note: session.loweringNote };
}

test('a graph whose lowering fails, or whose lowered form does not load or run, runs as it stands and says why', async (t) => {
  const graph = network();
  const onnx = encodeOnnx(graph);
  // What a rule that is wrong about a graph would throw: here its grids have no values.
  const initializers = new Map(graph.initializers);
  for (const [name, tensor] of initializers)
    if (tensor.dims.length === 0) initializers.set(name, { ...tensor, data: null as never });
  const unreadable = { ...graph, initializers };
  const failure = new Error('out of order');
  const broken = async (session: Session): Promise<Session> => ({
    ...{ inputs: session.inputs, outputs: session.outputs, dispose: () => session.dispose() },
    run: () => Promise.reject(failure),
  });
  const cases = [
    { given: unreadable, onLowered: undefined, why: /lowering it failed \(/ },
    {
      given: graph,
      onLowered: () => Promise.reject(failure),
      why: /refuses the lowered form \(.*out of order/,
    },
    { given: graph, onLowered: broken, why: /the lowered form does not run \(.*out of order/ },
  ];
  for (const { given, onLowered, why } of cases) {
    const load = async (bytes: Uint8Array): Promise<Session> => {
      const session = await onnxruntimeEngine.load(decodeOnnx(bytes));
      return onLowered === undefined || bytes === onnx ? session : onLowered(session);
    };
    const cacheFolder = join(tempFolder(), 'cache');
    const session = await loadLowered(given, onnx, { cacheFolder, engineVersion: '1', threads: 1, load });
    t.regex(session.loweringNote, new RegExp(`^runs as it stands: .*${why.source}`));
    t.deepEqual(Object.keys(await session.run(randomFeeds(graph))), [graph.outputs[0]!.name]);
    await session.dispose();
    // What onnxruntime could not do may go well the next time.
    t.is(existsSync(cacheFolder), given === unreadable);
  }
});

test('a lowered form that others on the machine slow down is measured again before it is given up', async (t) => {
  const graph = network();
  const onnx = encodeOnnx(graph);
  const load = async (bytes: Uint8Array): Promise<Session> => {
    const session = await onnxruntimeEngine.load(decodeOnnx(bytes));
    let runs = 0;
    const run: Session['run'] = async (...given) => {
      runs += 1;
      await setTimeout(bytes === onnx ? 20 : runs <= 5 ? 60 : 0);
      return session.run(...given);
    };
    return { inputs: session.inputs, outputs: session.outputs, run, dispose: () => session.dispose() };
  };
  const session = await loadLowered(graph, onnx, { engineVersion: '1', threads: 1, load });
  t.regex(session.loweringNote, /^lowered to integer operators/);
  await session.dispose();
});

test('a graph that does not load as it stands leaves no session of its lowered form behind', async (t) => {
  const graph = network();
  const onnx = encodeOnnx(graph);
  let open = 0;
  const load = async (bytes: Uint8Array): Promise<Session> => {
    if (bytes === onnx) throw new Error('out of memory');
    const session = await onnxruntimeEngine.load(decodeOnnx(bytes));
    open += 1;
    const dispose = async () => {
      open -= 1;
      await session.dispose();
    };
    return { inputs: session.inputs, outputs: session.outputs, run: session.run.bind(session), dispose };
  };
  await t.throwsAsync(loadLowered(graph, onnx, { engineVersion: '1', threads: 1, load }), {
    message: 'out of memory',
  });
  t.is(open, 0);
});

test('the second load takes what the first has found out, the form and the reason', async (t) => {
  const { cacheFolder } = await lowering();
  const first = await counted(network(), cacheFolder);
  t.is(first.loads, 2);
  t.deepEqual(await counted(network(), cacheFolder), { loads: 1, note: first.note });
});

test('a cache file that is cut short, altered or foreign is made anew', async (t) => {
  const { cacheFolder } = await lowering();
  await counted(network(), cacheFolder);
  const [name] = await readdir(cacheFolder);
  const path = join(cacheFolder, name!);
  const whole = await readFile(path);
  const damages = [
    () => truncate(path, whole.length - 1),
    () => truncate(path, 0),
    () =>
      writeFile(
        path,
        whole.map((byte, index) => (index === whole.length >> 1 ? byte ^ 1 : byte)),
      ),
    () => writeFile(path, 'something else\n'),
  ];
  for (const damage of damages) {
    await damage();
    t.is((await counted(network(), cacheFolder)).loads, 2);
    t.is((await counted(network(), cacheFolder)).loads, 1);
  }
});

test('a cache folder that cannot be made is done without', async (t) => {
  const file = join(tempFolder(), 'file');
  await writeFile(file, '');
  t.is((await counted(network(), join(file, 'cache'))).loads, 2);
});

test('a cache folder that cannot be written is done without', async (t) => {
  // One that not even root can.
  t.is((await counted(network(), '/proc/self')).loads, 2);
});

test('two loads at once leave one whole file', async (t) => {
  const { cacheFolder } = await lowering();
  await Promise.all([counted(network(), cacheFolder), counted(network(), cacheFolder)]);
  t.is((await readdir(cacheFolder)).length, 1);
  t.is((await counted(network(), cacheFolder)).loads, 1);
});
