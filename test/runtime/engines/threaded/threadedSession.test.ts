import test from 'ava';
import { onnxruntimeEngine } from '../../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

test('the event loop turns while a run is under way', async (t) => {
  const g = graphBuilder();
  const graph = g.build([g.conv(g.input('x', [1, 64, 160, 160]), { weights: [128, 64, 3, 3] })]);
  const feeds = randomFeeds(graph);
  const session = await onnxruntimeEngine.load(graph, { thread: 'own' });
  let turns = 0;
  const counter = setInterval(() => turns++);
  await session.run(feeds);
  clearInterval(counter);
  await session.dispose();
  // 1.8 GMAC take tens of milliseconds; in the caller's thread a turn or two would fit before and after them.
  t.true(turns > 5, `${turns} turns`);
});

test("the feeds stay the caller's", async (t) => {
  const g = graphBuilder();
  const graph = g.build([g.relu(g.input('x', [4]))]);
  const feeds = randomFeeds(graph);
  const session = await onnxruntimeEngine.load(graph, { thread: 'own' });
  const first = await session.run(feeds);
  t.is(feeds.x!.data.length, 4);
  t.deepEqual(await session.run(feeds), first);
  await session.dispose();
});

test("an error that crosses threads keeps code, detail and its cause's message", async (t) => {
  const g = graphBuilder();
  const graph = g.build([g.relu(g.input('x', [4]))]);
  const session = await onnxruntimeEngine.load(graph, { thread: 'own' });
  const error = await t.throwsAsync(session.run({}), { code: 'engine_run_failed' });
  t.true(error?.cause instanceof Error);
  await session.dispose();
});
