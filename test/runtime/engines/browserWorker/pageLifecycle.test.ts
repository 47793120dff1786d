import { browserEngine } from '../../../../runtime/engines/browserWorker/browserEngine.js';
import { type RunningPage, startPage } from '../../../../runtime/engines/browserWorker/runningPage.js';
import { randomFeeds } from '../../../helpers/graphs.js';
import { programTest } from '../../../helpers/requires.js';
import { smallGraph } from '../../../helpers/smallGraph.js';

const chromiumTest = programTest('chromium').serial;

/** Tensors that TensorFlow.js holds in the page, over all sessions. */
async function tensorCount({ link }: RunningPage): Promise<number> {
  const { message } = await link.call('describe', { request: { engine: 'tfjs-webgl' }, deadlineMs: 60_000 });
  return message.numTensors!;
}

chromiumTest(
  'tfjs-webgl: runs leave no tensor behind in the page, nor does a session disposed of',
  async (t) => {
    const page = await startPage();
    t.teardown(() => page.stop());
    const engine = browserEngine('tfjs-webgl', { start: async () => page });
    const before = await tensorCount(page);
    const graph = smallGraph();
    const feeds = randomFeeds(graph);
    const session = await engine.load(graph);
    const loaded = await tensorCount(page);
    t.true(loaded > before);
    const second = [graph.outputs[1]!.name];
    for (let run = 0; run < 100; run++) await session.run(feeds, run % 2 === 0 ? undefined : second);
    t.is(await tensorCount(page), loaded);
    await session.dispose();
    t.is(await tensorCount(page), before);
  },
);

chromiumTest(
  'tfjs-webgl: what a session keeps of its feeds stays in the page until it is disposed of',
  async (t) => {
    const page = await startPage();
    t.teardown(() => page.stop());
    const engine = browserEngine('tfjs-webgl', { start: async () => page });
    const before = await tensorCount(page);
    const graph = smallGraph();
    const session = await engine.load(graph, { keepsFeeds: true });
    const loaded = await tensorCount(page);
    const feeds = [randomFeeds(graph, 1), randomFeeds(graph, 2)];
    for (let run = 0; run < 10; run++) await session.run(feeds[run % 2]!);
    t.is(await tensorCount(page), loaded + 2 * graph.inputs.length);
    await session.dispose();
    t.is(await tensorCount(page), before);
  },
);
