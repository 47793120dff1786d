import test from 'ava';
import { enginesUnderTest, tracedToo } from '../../../helpers/engines.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';
import { smallGraph } from '../../../helpers/smallGraph.js';

/** What engines on TensorFlow.js hold there. The count is the process's own, over all backends; a page's is asked of it in `pageLifecycle.test.ts`. */
const tested = tracedToo(await enginesUnderTest()).filter(
  ({ engine }) => engine.name.startsWith('tfjs-') && !engine.startsBrowser,
);

async function tensorCount(): Promise<number> {
  const tf = await import('@tensorflow/tfjs-core');
  return tf.memory().numTensors;
}

for (const { name, engine, available } of tested) {
  const engineTest = available ? test.serial : test.serial.skip;

  engineTest(`${name}: a thousand runs leave no tensor behind, nor does a session disposed of`, async (t) => {
    const before = await tensorCount();
    const graph = smallGraph();
    const feeds = randomFeeds(graph);
    const session = await engine.load(graph);
    const loaded = await tensorCount();
    t.true(loaded > before);
    const second = [graph.outputs[1]!.name];
    for (let run = 0; run < 1000; run++) await session.run(feeds, run % 2 === 0 ? undefined : second);
    t.is(await tensorCount(), loaded);
    await session.dispose();
    t.is(await tensorCount(), before);
  });

  engineTest(`${name}: a load or a run that fails leaves no tensor behind`, async (t) => {
    const before = await tensorCount();
    const g = graphBuilder();
    const product = g.node('MatMul', [g.input('x', [2, 3]), g.weights(3, 2)]);
    const unsupported = g.build([g.node('Resize', [product, '', '', g.ints(4, 4)])]);
    await t.throwsAsync(engine.load(unsupported), { code: 'op_unsupported' });
    t.is(await tensorCount(), before);
    const session = await engine.load(smallGraph());
    const loaded = await tensorCount();
    await t.throwsAsync(session.run({}), { code: 'engine_run_failed' });
    await t.throwsAsync(session.run(randomFeeds(smallGraph()), ['nowhere']), { code: 'engine_run_failed' });
    t.is(await tensorCount(), loaded);
    await session.dispose();
  });

  engineTest(`${name}: sessions share the backend, and disposing of one leaves the other`, async (t) => {
    const graph = smallGraph();
    const feeds = randomFeeds(graph);
    const [one, other] = await Promise.all([engine.load(graph), engine.load(graph)]);
    const [expected, same] = await Promise.all([one.run(feeds), other.run(feeds)]);
    t.deepEqual(same, expected);
    await one.dispose();
    t.deepEqual(await other.run(feeds), expected);
    await other.dispose();
  });
}
