/**
 * Prints, for every engine that works here, what it costs before it is fast: the time until a graph is loaded and until its
 * first answer, and the memory of the process and of its browser after some answers, in the form that serves. Each engine and precision has a
 * process of its own, which holds nothing else but Node and the graph.
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

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    imitated: { type: 'boolean', default: false },
    /** Measures this one, in this process, on the ONNX file that is given in the manifest's place. */
    alone: { type: 'string' },
  },
});
const runs = 5;

if (options.alone === undefined)
  await compareEngines(positionals[0] ?? `${projectRoot}deploy/demo-model/model`);
else console.log((await costOf(options.alone, positionals[0]!)).join(' | '));
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
    '| model | engine | | load ms | first answer ms | MB | its browser, MB |\n|---|---|---|---|---|---|---|',
  );
  for (const { engine, available, isImitated } of await enginesUnderTest()) {
    if (!available || (isImitated && !options.imitated)) continue;
    for (const [precision, file] of Object.entries(files)) {
      if (file === null) continue;
      const script = fileURLToPath(import.meta.url);
      const own = [script, '--alone', engine.name, '--threads', options.threads, file];
      const cells = execFileSync(process.execPath, own, { encoding: 'utf8' }).trim();
      console.log(`| ${name} | ${engine.name} | ${precision} | ${cells} |`);
    }
  }
}

async function costOf(engine: string, file: string): Promise<string[]> {
  configureTestEngines();
  const graph = decodeOnnx(await readFile(file));
  const feeds = randomFeeds(graph);
  const begun = performance.now();
  const session = await getEngine(engine).load(graph, { threads: Number(options.threads), lowering: {} });
  const loadMs = performance.now() - begun;
  await session.run(feeds);
  const firstMs = performance.now() - begun;
  for (let run = 0; run < runs; run++) await session.run(feeds);
  const bytes = [proportionalBytes([process.pid]), proportionalBytes(processTree(process.pid).slice(1))];
  return [loadMs, firstMs, ...bytes.map((count) => count / 1e6)].map((figure) => figure.toFixed(0));
}
