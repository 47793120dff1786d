import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BrowserEngineOptions } from '../../../../runtime/engines/browserWorker/browserEngine.js';
import { browserEngine } from '../../../../runtime/engines/browserWorker/browserEngine.js';
import { type RunningPage, startPage } from '../../../../runtime/engines/browserWorker/runningPage.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';
import { heavyGraph } from '../../../helpers/heavyGraph.js';
import { commandLine, isRunning, processTree } from '../../../helpers/processTree.js';
import { programTest } from '../../../helpers/requires.js';
import { tempFolder } from '../../../helpers/tempFolder.js';
import { until } from '../../../helpers/until.js';

// One after the other: each starts browsers, and a busy one starves the others of the processor.
const chromiumTest = programTest('chromium').serial;
const busyBrowser = new URL('../../../helpers/busyBrowser.js', import.meta.url);

const g = graphBuilder();
const graph = g.build([g.relu(g.input('x', [1, 4]))]);
const feeds = randomFeeds(graph);

/** The engine, and the pages that it started, the last of which is the one in use. */
function watchedEngine(options: BrowserEngineOptions = {}) {
  const pages: RunningPage[] = [];
  const start = async () => {
    const page = await startPage();
    pages.push(page);
    return page;
  };
  return { engine: browserEngine('tfjs-webgl', { start, ...options }), pages };
}

/** Kills every page, the spare one that Chromium keeps included. */
function crashPages({ pid }: RunningPage): void {
  const renderers = processTree(pid).filter((member) => commandLine(member).includes('--type=renderer'));
  for (const renderer of renderers) process.kill(renderer, 'SIGKILL');
}

chromiumTest('a page that crashed is started again, and the next run of every session works', async (t) => {
  const { engine, pages } = watchedEngine();
  const sessions = [await engine.load(graph), await engine.load(graph)];
  const expected = await sessions[0]!.run(feeds);
  crashPages(pages[0]!);
  await until(() => pages[0]!.link.dead);
  for (const session of sessions) t.deepEqual(await session.run(feeds), expected);
  t.is(pages.length, 2);
  await until(() => !isRunning(pages[0]!.pid));
  for (const session of sessions) await session.dispose();
});

chromiumTest('a page that is started again is sent what the one before had kept', async (t) => {
  const { engine, pages } = watchedEngine();
  const large = g.build([g.relu(g.input('large', [1, 1000]))]);
  const kept = randomFeeds(large);
  const session = await engine.load(large, { keepsFeeds: true });
  const expected = await session.run(kept);
  t.deepEqual(await session.run(kept), expected);
  crashPages(pages[0]!);
  await until(() => pages[0]!.link.dead);
  for (let run = 0; run < 2; run++) t.deepEqual(await session.run(kept), expected);
  await session.dispose();
});

chromiumTest('a run under which Chromium ends fails, and the next works', async (t) => {
  const { engine, pages } = watchedEngine();
  const session = await engine.load(graph);
  const heavy = heavyGraph();
  const busy = await engine.load(heavy);
  const running = busy.run(randomFeeds(heavy));
  process.kill(pages[0]!.pid, 'SIGKILL');
  await t.throwsAsync(running, { code: 'worker_died' });
  t.deepEqual(Object.keys(await session.run(feeds)), ['relu_1']);
});

chromiumTest('a run that hangs is ended at its deadline, Chromium with it, and the next works', async (t) => {
  const { engine, pages } = watchedEngine({ runMs: 1500 });
  const session = await engine.load(graph);
  const heavy = heavyGraph();
  const hanging = await engine.load(heavy);
  const start = performance.now();
  const message = /did not answer "run" within 1500 ms/;
  await t.throwsAsync(hanging.run(randomFeeds(heavy)), { code: 'worker_died', message });
  t.true(performance.now() - start >= 1490);
  t.deepEqual(Object.keys(await session.run(feeds)), ['relu_1']);
  t.false(isRunning(pages[0]!.pid));
});

chromiumTest(
  'a model whose load killed the page twice is refused from then on, others are not',
  async (t) => {
    let deadly = true;
    let starts = 0;
    const { engine } = watchedEngine({
      start: async () => {
        starts += 1;
        const page = await startPage();
        if (deadly) process.kill(page.pid, 'SIGKILL');
        return page;
      },
    });
    await t.throwsAsync(engine.load(graph), {
      code: 'engine_load_failed',
      message: /killed the browser's page/,
    });
    t.is(starts, 2);
    deadly = false;
    await t.throwsAsync(engine.load(graph), { code: 'engine_load_failed', message: /does not try/ });
    t.is(starts, 2);
    const other = graphBuilder();
    const session = await engine.load(other.build([other.relu(other.input('x', [1, 5]))]));
    await session.dispose();
    t.is(starts, 3);
  },
);

chromiumTest(
  'two engines at once have a Chromium each, and neither minds the end of the other',
  async (t) => {
    const [one, other] = [watchedEngine(), watchedEngine()];
    const sessions = await Promise.all([one.engine.load(graph), other.engine.load(graph)]);
    process.kill(one.pages[0]!.pid, 'SIGKILL');
    t.deepEqual(Object.keys(await sessions[1].run(feeds)), ['relu_1']);
    t.is(other.pages.length, 1);
  },
);

chromiumTest('an agent that is killed in the middle of a run leaves no Chromium behind', async (t) => {
  const agent = spawn(process.execPath, [fileURLToPath(busyBrowser)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: tempFolder() },
  });
  const [pid] = await once(agent.stdout!, 'data');
  // Some of a browser's processes end by themselves when it has started.
  const started = processTree(Number(pid)).filter(isRunning);
  t.true(started.length > 2, `${started.length} processes`);
  agent.kill('SIGKILL');
  await until(() => !started.some(isRunning));
  t.pass();
});
