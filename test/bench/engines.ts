/**
 * Prints, for every engine that works here, the inference time of each detector in float and quantized to W8A8 on rough
 * grids, both in the form that serves, in one interleaved run per detector; of an engine in a browser also the time in the
 * page itself, so that the difference is what the socket costs.
 *
 *     node dist/test/bench/engines.js [--runs 30] [--threads 1] [--imitated] [--budget SECONDS] [MANIFEST...]
 *
 * An engine on a GPU that the CPU imitates takes seconds a run, and part only with `--imitated`. A detector whose rounds
 * would take longer than its share of the budget gets fewer, 3 at least.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { interleavedRuns } from '../../agent/cli/interleavedRuns.js';
import { servedFeeds } from '../../agent/engines/servedFeeds.js';
import { trialDetector } from '../../agent/engines/trialDetector.js';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine, TensorMap } from '../../runtime/engines/engine.js';
import { getEngine } from '../../runtime/engines/registry.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { enginesUnderTest } from '../helpers/engines.js';
import { projectRoot, sharedAvailable, sharedModels } from '../helpers/paths.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '30' },
    threads: { type: 'string', default: '1' },
    imitated: { type: 'boolean', default: false },
    budget: { type: 'string', default: '600' },
  },
});
const threads = Number(options.threads);
const demo = `${projectRoot}deploy/demo-model/model`;
const known = [demo, ...(sharedAvailable ? sharedModels.map(({ manifest }) => manifest) : [])];
const manifests = positionals.length > 0 ? positionals : known;
const signal = new AbortController().signal;

const cpu = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';
console.log(`${cpu}, threads: ${threads}\n`);

const engines: Engine[] = [];
for (const { name, engine, available, isImitated } of await enginesUnderTest()) {
  if (!available) console.log(`- without ${name}`);
  else if (isImitated && !options.imitated) console.log(`- without ${name}: the CPU imitates its GPU`);
  else {
    engines.push(engine);
    const { version, note } = await engine.probe();
    console.log(`- ${name} ${version}${note ? `: ${note}` : ''}`);
  }
}

/** One engine with one graph. */
interface Contestant {
  readonly engine: string;
  readonly precision: 'float' | 'W8A8';
  readonly loadMs: number;
  /** Time of each run where the graph runs, as far as the engine tells. */
  readonly innerMs: number[];
  readonly run: () => Promise<unknown>;
  readonly dispose: () => Promise<void>;
}

async function contestant(
  engine: Engine,
  { precision, graph, feeds }: { precision: Contestant['precision']; graph: Graph; feeds: TensorMap },
): Promise<Contestant> {
  const begun = performance.now();
  const session = await engine.load(graph, { threads, lowering: {} });
  const loadMs = performance.now() - begun;
  const innerMs: number[] = [];
  const observer = { onRan: (ms: number) => innerMs.push(ms) };
  const images = servedFeeds(session, feeds);
  const run = () => session.run(images, undefined, observer);
  return { engine: engine.name, precision, loadMs, innerMs, run, dispose: () => session.dispose() };
}

console.log('\n| model | engine | | load ms | p50 ms | p95 ms | of it in the page | runs |');
console.log('|---|---|---|---|---|---|---|---|');
for (const path of manifests) {
  const files = await readModelFiles(path);
  const {
    manifest: { name },
    float,
    quantized,
    feeds,
  } = await trialDetector(files, getEngine('onnxruntime'));
  const contestants: Contestant[] = [];
  for (const engine of engines) {
    for (const [precision, graph] of [
      ['float', float],
      ['W8A8', quantized],
    ] as const) {
      if (graph === null) continue;
      const loaded = await contestant(engine, { precision, graph, feeds }).catch((error: Error) => {
        console.log(`| ${name} | ${engine.name} | ${precision} | ${error.message.slice(0, 120)} |`);
        return null;
      });
      if (loaded !== null) contestants.push(loaded);
    }
  }
  const tasks = contestants.map(({ run }) => run);
  // The first runs compile shaders and settle memory; what they take is no round's time.
  await interleavedRuns(tasks, { runs: 1, signal });
  const begun = performance.now();
  await interleavedRuns(tasks, { runs: 1, signal });
  const roundMs = performance.now() - begun;
  const affordable = Math.floor((1000 * Number(options.budget)) / manifests.length / roundMs);
  const runs = Math.max(3, Math.min(Number(options.runs), affordable));
  for (const { innerMs } of contestants) innerMs.length = 0;
  const times = await interleavedRuns(tasks, { runs, warm: true, signal });
  for (const [index, { engine, precision, loadMs, innerMs }] of contestants.entries()) {
    const { p50, p95 } = times[index]!;
    const inner = getEngine(engine).startsBrowser ? percentile(innerMs.slice(-runs), 0.5).toFixed(1) : '';
    const cells = [name, engine, precision, loadMs.toFixed(0), p50.toFixed(1), p95.toFixed(1), inner, runs];
    console.log(`| ${cells.join(' | ')} |`);
  }
  await Promise.all(contestants.map(({ dispose }) => dispose()));
}

process.exit(0);
