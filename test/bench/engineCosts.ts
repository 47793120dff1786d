/**
 * Prints, for every engine that works here, what it costs before it is fast: the time until a graph is loaded and until its
 * first answer, until it is loaded the next time, with what the first has left in the cache, and the memory of the process and of its browser
 * after some answers, in the form that serves. Each engine and precision has a process of its own, which holds nothing else but Node and the graph.
 *
 *     node dist/test/bench/engineCosts.js [--threads 1] [--imitated] [MANIFEST]
 */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { trialDetector } from '../../agent/engines/trialDetector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { getEngine } from '../../runtime/engines/registry.js';
import { decodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { configureTestEngines, enginesUnderTest } from '../helpers/engines.js';
import { randomFeeds } from '../helpers/graphs.js';
import { onnxFile } from '../helpers/onnxFiles.js';
import { projectRoot } from '../helpers/paths.js';
import { processTree } from '../helpers/processTree.js';
import { proportionalBytes } from '../helpers/proportionalBytes.js';
import { tempFolder } from '../helpers/tempFolder.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    imitated: { type: 'boolean', default: false },
    /** Measures this one, in this process, on the ONNX file that is given in the manifest's place. */
    alone: { type: 'string' },
    /** With the engines' cache in this folder. */
    cache: { type: 'string' },
  },
});
const runs = 5;

if (options.alone === undefined)
  await compareEngines(positionals[0] ?? `${projectRoot}deploy/demo-model/model`);
else console.log(JSON.stringify(await costOf(options.alone, positionals[0]!, options.cache!)));
process.exit(0);

async function compareEngines(manifest: string): Promise<void> {
  const {
    manifest: { name },
    float,
    quantized,
  } = await trialDetector(await readModelFiles(manifest), getEngine('onnxruntime'));
  const files = {
    float: await onnxFile(float),
    W8A8: quantized && (await onnxFile(quantized)),
  };
  console.log(
    '| model | engine | | load ms | the next time | first answer ms | MB | its browser, MB |\n|---|---|---|---|---|---|---|---|',
  );
  for (const { engine, available, isImitated } of await enginesUnderTest()) {
    if (!available || (isImitated && !options.imitated)) continue;
    for (const [precision, file] of Object.entries(files)) {
      if (file === null) continue;
      const script = fileURLToPath(import.meta.url);
      const cache = tempFolder();
      const own = [script, '--alone', engine.name, '--threads', options.threads, '--cache', cache, file];
      const measure = (): Costs => JSON.parse(execFileSync(process.execPath, own, { encoding: 'utf8' }));
      const [first, next] = [measure(), measure()];
      const figures = [first.loadMs, next.loadMs, first.firstMs, first.megabytes, first.browserMegabytes];
      const cells = figures.map((figure) => figure.toFixed(0)).join(' | ');
      console.log(`| ${name} | ${engine.name} | ${precision} | ${cells} |`);
    }
  }
}

interface Costs {
  readonly loadMs: number;
  readonly firstMs: number;
  readonly megabytes: number;
  readonly browserMegabytes: number;
}

async function costOf(engine: string, file: string, cacheFolder: string): Promise<Costs> {
  configureTestEngines();
  const graph = decodeOnnx(await readFile(file));
  const feeds = randomFeeds(graph);
  const begun = performance.now();
  const lowering = { cacheFolder };
  const session = await getEngine(engine).load(graph, { threads: Number(options.threads), lowering });
  const loadMs = performance.now() - begun;
  await session.run(feeds);
  const firstMs = performance.now() - begun;
  for (let run = 0; run < runs; run++) await session.run(feeds);
  return {
    ...{ loadMs, firstMs },
    megabytes: proportionalBytes([process.pid]) / 1e6,
    browserMegabytes: proportionalBytes(processTree(process.pid).slice(1)) / 1e6,
  };
}
