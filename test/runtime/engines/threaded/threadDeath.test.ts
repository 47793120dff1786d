import { type ResourceLimits, Worker } from 'node:worker_threads';
import test from 'ava';
import { ThreadedSession } from '../../../../runtime/engines/threaded/threadedSession.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

const sessionWorker = new URL('../../../../runtime/engines/threaded/sessionWorker.js', import.meta.url);

const deaths = [
  { how: 'by process.exit', code: 'process.exit(7)', message: /exit code 7/ },
  { how: 'by an error that nobody catches', code: 'throw new Error("boom")', message: /boom/ },
  {
    how: 'of running out of memory',
    code: 'for (const hog = []; ; ) hog.push(Array.from({ length: 1000 }, () => ({})))',
    message: /memory/,
    resourceLimits: { maxOldGenerationSizeMb: 40 },
  },
];

for (const { how, code, message, resourceLimits } of deaths) {
  test(`a thread that dies ${how} fails the runs in flight and later ones`, async (t) => {
    const { session, feeds } = await startSession(workerThatRuns(code, { on: 'run', resourceLimits }));
    const inFlight = [session.run(feeds), session.run(feeds)];
    for (const run of inFlight) await t.throwsAsync(run, { code: 'engine_run_failed', message });
    await t.throwsAsync(session.run(feeds), { code: 'engine_run_failed', message });
    await session.dispose();
    await t.throwsAsync(session.run(feeds), { code: 'session_disposed' });
  });
}

test('a thread that is stopped from outside fails the run that it was in', async (t) => {
  // Held before it enters the engine: a thread that is stopped in native code takes the process along.
  const worker = workerThatRuns('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', {
    on: 'run',
  });
  const { session, feeds } = await startSession(worker);
  const run = session.run(feeds);
  const stopped = worker.terminate();
  await t.throwsAsync(run, { code: 'engine_run_failed' });
  await stopped;
  await session.dispose();
});

test('a thread that dies while it is idle fails the next run', async (t) => {
  const worker = new Worker(sessionWorker);
  const { session, feeds } = await startSession(worker);
  await session.run(feeds);
  await worker.terminate();
  await t.throwsAsync(session.run(feeds), { code: 'engine_run_failed', message: /exit code 1/ });
  await session.dispose();
});

test('a thread that dies while it loads fails the load', async (t) => {
  const start = startSession(workerThatRuns('process.exit(7)', { on: 'load' }));
  await t.throwsAsync(start, { code: 'engine_load_failed', message: /exit code 7/ });
});

test('a thread that dies while it disposes fails the disposal and is gone', async (t) => {
  const worker = workerThatRuns('process.exit(7)', { on: 'dispose' });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const { session } = await startSession(worker);
  await t.throwsAsync(session.dispose(), { code: 'engine_run_failed', message: /dispose.*exit code 7/ });
  await ended;
});

test('a load that the engine refuses ends the thread', async (t) => {
  const worker = new Worker(sessionWorker);
  let exited = false;
  worker.once('exit', () => {
    exited = true;
  });
  const graph = graphBuilder().buildRaw([]);
  const load = ThreadedSession.load(worker, { engineName: 'abacus', graph, options: {} });
  await t.throwsAsync(load, { code: 'engine_unknown', message: /abacus/ });
  t.true(exited);
});

async function startSession(worker: Worker) {
  const g = graphBuilder();
  const graph = g.build([g.conv(g.input('x', [1, 16, 160, 160]), { weights: [64, 16, 3, 3] })]);
  const session = await ThreadedSession.load(worker, { engineName: 'onnxruntime', graph, options: {} });
  return { session, feeds: randomFeeds(graph) };
}

/** The real thread of a session, which at the first request of a kind runs `code` beside serving it. */
function workerThatRuns(
  code: string,
  { on, resourceLimits }: { on: string; resourceLimits?: ResourceLimits | undefined },
): Worker {
  const script = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(sessionWorker.href)}).then(() => {
      parentPort.on('message', ({ kind }) => {
        if (kind === ${JSON.stringify(on)}) { ${code} }
      });
    });`;
  return new Worker(script, { eval: true, ...(resourceLimits === undefined ? {} : { resourceLimits }) });
}
