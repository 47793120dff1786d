/**
 * Prints, for every engine, how long a search on it takes and what it finds beside onnxruntime's: the share of layers that
 * are exported with the same p, of those whose search found the same p best, by how much the ODOL of the same fixed p differs at most,
 * and the ODOL of what is exported, both on the held-out frames. Every search weighs the two terms of its ODOL on its own frames; by how
 * much that weight differs is printed too, for as much of the difference in ODOL is none in what was found. `unfused` is onnxruntime operator by operator: what rounding otherwise
 * does to a search on the same engine.
 * Each engine has a process of its own.
 *
 *     node dist/test/bench/engineSearch.js [--engines tfjs-wasm,tfjs-node] [--frames 8] [--bits 4/8] [--recipe balanced]
 *       [--without scaling,rounding] [--threads 1] [--calib FOLDER] [MANIFEST]
 *
 * By default the demo detector, on frames of the synthetic camera.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { quantizeModel } from '../../calibrate/detptq/quantizeModel.js';
import type { Recipe, Stage } from '../../calibrate/detptq/recipe.js';
import type { Frame } from '../../calibrate/frames/frame.js';
import { openFrameSource } from '../../calibrate/frames/openSource.js';
import type { LayerReport, QuantizeReport } from '../../calibrate/report.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { getEngine } from '../../runtime/engines/registry.js';
import { configureTestEngines } from '../helpers/engines.js';
import { projectRoot } from '../helpers/paths.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engines: { type: 'string', default: 'unfused,tfjs-wasm,tfjs-node' },
    frames: { type: 'string', default: '8' },
    bits: { type: 'string', default: '8/8' },
    recipe: { type: 'string', default: 'balanced' },
    without: { type: 'string', default: '' },
    threads: { type: 'string', default: '1' },
    calib: { type: 'string', default: 'synthetic:hall?seed=7&fps=0.5' },
    /** Searches on this engine, in this process, and prints the report. */
    alone: { type: 'string' },
  },
});
const manifest = positionals[0] ?? `${projectRoot}deploy/demo-model/model`;

interface Found {
  readonly report: QuantizeReport;
  /** Weight of the localization in its ODOL. */
  readonly odolLambda: number;
}

/** Controls whose p no search chooses. */
const fixedP = ['minmax', 'p2', 'p2_4'] as const;

if (options.alone === undefined) compareEngines();
else console.log(JSON.stringify(await search(options.alone)));
process.exit(0);

function compareEngines(): void {
  const first = searchApart('onnxruntime');
  const expected = first.report;
  const { model, layers, bits, frames } = expected;
  console.log(`${model}, W${bits.weight}A${bits.activation}, ${frames.search} + ${frames.heldOut} frames\n`);
  console.log(
    '| engine | seconds | same p | same p best | fixed p | weight | exported | ODOL | to the first |\n|---|---|---|---|---|---|---|---|---|',
  );
  for (const name of ['onnxruntime', ...options.engines.split(',')]) {
    const { report, odolLambda } = name === 'onnxruntime' ? first : searchApart(name);
    const same = (pOf: (layer: LayerReport) => LayerReport['p'] | undefined) =>
      report.layers.filter((layer, index) => pOf(layer) === pOf(layers[index]!)).length;
    const fixed = fixedP.map((name) => report.controls[name].odol / expected.controls[name].odol - 1);
    const cells = [
      name,
      report.total.seconds.toFixed(0),
      `${same(({ p }) => p)} of ${layers.length}`,
      `${same(bestTried)} of ${layers.length}`,
      percent(Math.max(...fixed.map(Math.abs))),
      percent(odolLambda / first.odolLambda - 1),
      report.chosen,
      odolOf(report).toPrecision(4),
      percent(odolOf(report) / odolOf(expected) - 1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(2)} %`;
}

function odolOf({ exported, controls, chosen }: QuantizeReport): number {
  return (exported ?? controls[chosen]!).odol;
}

/** The p of the least loss in the search over the layer's p; undefined where there was none. */
function bestTried({ tried }: LayerReport): LayerReport['p'] | undefined {
  const [best] = [...tried].sort((a, b) => a.odol - b.odol);
  return best?.p;
}

function searchApart(engine: string): Found {
  const own = [fileURLToPath(import.meta.url), '--alone', engine, ...process.argv.slice(2)];
  const text = execFileSync(process.execPath, own, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1e8,
  });
  return JSON.parse(text) as Found;
}

async function search(engineName: string): Promise<Found> {
  configureTestEngines();
  const { manifest: described, graph, digest } = await readModelFiles(manifest);
  const count = Number(options.frames);
  const frames = await takeFrames(2 * count);
  const found = frames.slice(0, count);
  const [weightBits, activationBits] = options.bits.split('/').map(Number);
  const { report, odolLambda } = await quantizeModel({
    ...{ manifest: described, graph, parentDigest: digest },
    frames: { search: found, heldOut: frames.slice(count) },
    recipe: options.recipe as Recipe,
    without: new Set(options.without.split(',').filter(Boolean) as Stage[]),
    ...{ weightBits: weightBits!, activationBits: activationBits! },
    rebuildingEngine: onnxruntimeEngine,
    ...{ engine: engineNamed(engineName), threads: Number(options.threads), seed: 1, toolVersion: '0' },
  });
  return { report, odolLambda };
}

function engineNamed(name: string): Engine {
  if (name !== 'unfused') return getEngine(name);
  const load: Engine['load'] = (graph, given) =>
    onnxruntimeEngine.load(graph, { ...given, optimization: 'none' });
  return { ...onnxruntimeEngine, load };
}

async function takeFrames(count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of openFrameSource(options.calib).frames()) {
    frames.push(frame);
    if (frames.length === count) break;
  }
  return frames;
}
