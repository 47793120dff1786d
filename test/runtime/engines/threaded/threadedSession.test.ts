import { readFile } from 'node:fs/promises';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import test from 'ava';
import { readModelFiles } from '../../../../runtime/detector/modelFiles.js';
import type { LoadOptions, TensorMap } from '../../../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { float32Tensor, type Tensor } from '../../../../runtime/graph/tensor.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';
import { fixturesFolder, sharedModels } from '../../../helpers/paths.js';
import { randomFloats } from '../../../helpers/random.js';
import { sharedTest } from '../../../helpers/requires.js';

test.serial('the event loop goes on turning while runs are under way', async (t) => {
  const g = graphBuilder();
  const graph = g.build([g.conv(g.input('x', [1, 64, 160, 160]), { weights: [64, 64, 3, 3] })]);
  const feeds = randomFeeds(graph);
  const session = await onnxruntimeEngine.load(graph, { thread: 'own' });
  const order: string[] = [];
  // Some 0.1 s and more of work; in the caller's thread each run would take one turn.
  const runs = Promise.all([1, 2, 3, 4, 5].map(() => session.run(feeds))).then(() => order.push('runs'));
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  order.push('a hundred turns');
  await runs;
  t.deepEqual(order, ['a hundred turns', 'runs']);
  await session.dispose();
});

for (const { name, manifest } of sharedModels) {
  sharedTest(`${name} computes the same bits as in the caller's thread`, async (t) => {
    const { graph } = await readModelFiles(manifest);
    const feeds = randomFeeds(graph);
    const own = await runOnce(graph, feeds, 'own');
    const caller = await runOnce(graph, feeds, 'caller');
    t.deepEqual(Object.keys(own), Object.keys(caller));
    for (const [output, tensor] of Object.entries(own)) t.true(sameBits(tensor, caller[output]!), output);
  });
}

test("the feeds stay the caller's", async (t) => {
  const { graph, session } = await reluSession();
  const feeds = randomFeeds(graph);
  const first = await session.run(feeds);
  t.is(feeds.x!.data.length, 4);
  t.deepEqual(await session.run(feeds), first);
  await session.dispose();
});

test('what the caller writes into a feed after the call does not reach the run', async (t) => {
  const { session } = await reluSession();
  const data = Float32Array.of(1, 2, 3, 4);
  const running = session.run({ x: float32Tensor([4], data) }, ['relu_1']);
  data.fill(9);
  t.deepEqual([...(await running).relu_1!.data], [1, 2, 3, 4]);
  await session.dispose();
});

test('a feed that is a view of a larger buffer is taken as the view', async (t) => {
  const { session } = await reluSession();
  const view = Float32Array.of(7, -1, 2, -3, 4, 7).subarray(1, 5);
  t.deepEqual([...(await session.run({ x: float32Tensor([4], view) })).relu_1!.data], [0, 2, 0, 4]);
  await session.dispose();
});

test('runs that overlap take turns, and each is told the time of its own turn', async (t) => {
  const g = graphBuilder();
  const graph = g.build([g.conv(g.input('x', [1, 16, 80, 80]), { weights: [64, 16, 3, 3] })]);
  const session = await onnxruntimeEngine.load(graph, { thread: 'own' });
  const times: number[] = [];
  const onRan = (runMs: number) => times.push(runMs);
  const start = performance.now();
  await Promise.all([1, 2, 3, 4].map((seed) => session.run(randomFeeds(graph, seed), undefined, { onRan })));
  const allMs = performance.now() - start;
  t.is(times.length, 4);
  t.true(times.every((runMs) => runMs > 0));
  // Turns do not overlap; with the waiting in them they would add up to more than twice the whole.
  t.true(times.reduce((sum, runMs) => sum + runMs) <= allMs);
  await session.dispose();
});

test('results outlive the session that gave them', async (t) => {
  const { session } = await reluSession();
  const runs = [1, 2, 3].map((seed) => session.run({ x: float32Tensor([4], randomFloats(4, seed)) }));
  const results = await Promise.all(runs);
  await session.dispose();
  for (const [index, { relu_1 }] of results.entries()) {
    const expected = randomFloats(4, index + 1).map((value) => Math.max(0, value));
    t.deepEqual(relu_1!.data, expected);
  }
});

test("an error that crosses threads keeps code, message, detail and its cause's message", async (t) => {
  const g = graphBuilder();
  const y = g.node('Frobnicate', [g.input('x', [1])], { name: 'neck/frob' });
  const graph = g.buildRaw([{ name: y, dtype: 'float32', dims: [1] }]);
  const code = 'op_unsupported';
  const own = await t.throwsAsync(onnxruntimeEngine.load(graph, { thread: 'own' }), { code });
  const caller = await t.throwsAsync(onnxruntimeEngine.load(graph), { code });
  t.deepEqual(JSON.stringify(own), JSON.stringify(caller));
  t.true(own?.cause instanceof Error);
  t.is(String(own?.cause), String(caller?.cause));
});

test('a feed whose memory was given away fails the run, and the session stays usable', async (t) => {
  const { graph, session } = await reluSession();
  const data = new Float32Array(4);
  structuredClone(data, { transfer: [data.buffer] });
  await t.throwsAsync(session.run({ x: float32Tensor([4], data) }), {
    code: 'engine_run_failed',
    message: /x|detached|sent/,
  });
  await t.notThrowsAsync(session.run(randomFeeds(graph)));
  await session.dispose();
});

test('disposing at the same time from two places ends in one disposal, and no run is taken any more', async (t) => {
  const { graph, session } = await reluSession();
  const disposals = [session.dispose(), session.dispose()];
  await t.throwsAsync(session.run(randomFeeds(graph)), { code: 'session_disposed' });
  await t.notThrowsAsync(Promise.all(disposals));
});

test('a graph survives the way to a thread whole, also what of it is not modelled', async (t) => {
  const bytes = await readFile(`${fixturesFolder}onnx/kitchen-sink.onnx`);
  const { port1, port2 } = new MessageChannel();
  const graph = decodeOnnx(bytes);
  port1.postMessage(graph);
  const received = receiveMessageOnPort(port2)?.message as Graph;
  port1.close();
  t.deepEqual(encodeOnnx(received), encodeOnnx(graph));
});

async function reluSession() {
  const g = graphBuilder();
  const graph = g.build([g.relu(g.input('x', [4]))]);
  return { graph, session: await onnxruntimeEngine.load(graph, { thread: 'own' }) };
}

async function runOnce(graph: Graph, feeds: TensorMap, thread: LoadOptions['thread'] & string) {
  const session = await onnxruntimeEngine.load(graph, { thread });
  const results = await session.run(feeds);
  await session.dispose();
  return results;
}

function sameBits(left: Tensor, right: Tensor): boolean {
  const bytes = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes(left).equals(bytes(right));
}
