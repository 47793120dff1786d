/**
 * Prints as JSON what a session in a thread of its own costs, beside one in the caller's: time of a run (taking
 * turns), gaps in the caller's event loop while it loads and while it runs, and memory.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { LoadOptions, Session } from '../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { randomFeeds } from '../helpers/graphs.js';
import { sharedModels } from '../helpers/paths.js';

const runs = 200;
const sessions = 4;
const threads = ['caller', 'own'] as const;
type Thread = LoadOptions['thread'] & string;

const { name, manifest } = sharedModels[0]!;
const { graph } = await readModelFiles(manifest);
const feeds = randomFeeds(graph);
const load = (thread: Thread) => onnxruntimeEngine.load(graph, { thread });

/** What only the first load of a process pays for is paid. */
for (const thread of threads) await (await load(thread)).dispose();

const results = {
  loadMs: await both(async (thread) => {
    const start = performance.now();
    await (await load(thread)).dispose();
    return performance.now() - start;
  }),
  runMs: await interleaved(),
  loadGapsMs: await both((thread) => gapsMs(async () => (await load(thread)).dispose())),
  runGapsMs: await both(async (thread) => {
    const session = await load(thread);
    const gaps = await gapsMs(async () => {
      for (let run = 0; run < runs; run++) await session.run(feeds);
    });
    await session.dispose();
    return gaps;
  }),
  sessionMb: await both(memoryMb),
};
console.log(JSON.stringify({ bench: 'threadedSession', model: name, runs, ...results }));

async function both<Result>(measure: (thread: Thread) => Promise<Result>): Promise<Record<Thread, Result>> {
  return { caller: await measure('caller'), own: await measure('own') };
}

async function interleaved() {
  const loaded: Record<Thread, Session> = await both(load);
  const ms: Record<Thread, number[]> = { caller: [], own: [] };
  for (let run = 0; run < runs; run++) {
    for (const thread of threads) {
      const start = performance.now();
      await loaded[thread].run(feeds);
      ms[thread].push(performance.now() - start);
    }
  }
  for (const thread of threads) await loaded[thread].dispose();
  return both(async (thread) => ({
    min: Math.min(...ms[thread]),
    p50: percentile(ms[thread], 0.5),
    p95: percentile(ms[thread], 0.95),
  }));
}

/** How long turns of this thread's event loop took while `work` went on. */
async function gapsMs(work: () => Promise<unknown>) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // The first tick only sets the clock, and a gap is noted by the tick after it.
  await setTimeout(10);
  await work();
  await setTimeout(10);
  delay.disable();
  return { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 };
}

/** Resident memory of a session after some runs. */
async function memoryMb(thread: Thread): Promise<number> {
  const before = process.memoryUsage.rss();
  const loaded = await Promise.all(Array.from({ length: sessions }, () => load(thread)));
  for (const session of loaded) for (let run = 0; run < 5; run++) await session.run(feeds);
  const after = process.memoryUsage.rss();
  for (const session of loaded) await session.dispose();
  return (after - before) / sessions / 2 ** 20;
}
