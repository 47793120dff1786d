/**
 * Prints the inference time of each detector in float and quantized to W8A8, in one interleaved run with 1 and 2
 * threads, as a markdown table. The quantized file is made here first, with the recipe `fast` (every recipe gives
 * the same graph with other scales, so the same time).
 *
 *     node dist/test/bench/latency.js [--runs 100] [--calib FRAMES] [MANIFEST...]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { interleavedRuns } from '../../agent/cli/interleavedRuns.js';
import { quantizeModel } from '../../calibrate/detptq/quantizeModel.js';
import { loadCalibrationSet } from '../../calibrate/frames/calibrationSet.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { selectEngine } from '../../runtime/engines/registry.js';
import { sharedFolder, sharedModels } from '../helpers/paths.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '100' },
    calib: { type: 'string', default: join(sharedFolder, 'data/coco-calib/images') },
  },
});
const manifests = positionals.length > 0 ? positionals : sharedModels.map(({ manifest }) => manifest);
const engine = await selectEngine('auto');
const frames = await loadCalibrationSet(options.calib, { frames: 4, heldOut: 4 });
const cpu = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';

console.log(`${cpu}, ${engine.name}, ${options.runs} interleaved runs, p50 in ms\n`);
console.log(
  '| model | float, 1 thread | W8A8, 1 thread | ratio | float, 2 threads | W8A8, 2 threads | ratio |',
);
console.log('|---|---|---|---|---|---|---|');
for (const path of manifests) {
  const { manifest, graph, digest } = await readModelFiles(path);
  const quantized = await quantizeModel({
    ...{ manifest, graph, parentDigest: digest, frames, engine },
    ...{ recipe: 'fast', weightBits: 8, activationBits: 8, threads: 1, seed: 0, toolVersion: 'bench' },
  });
  const contestants = [];
  for (const threads of [1, 2]) {
    contestants.push(await loadDetector({ manifest, graph }, engine, { threads }));
    contestants.push(await loadDetector({ manifest, graph: quantized.graph }, engine, { threads }));
  }
  const prepared = await contestants[0]!.prepare(frames.heldOut[0]!.bytes);
  const times = await interleavedRuns(
    contestants.map((detector) => () => detector.infer(prepared)),
    { runs: Number(options.runs), signal: new AbortController().signal },
  );
  const cells = [0, 2].flatMap((float) => {
    const [a, b] = [times[float]!.p50, times[float + 1]!.p50];
    return [a.toFixed(1), b.toFixed(1), `${(a / b).toFixed(2)}x`];
  });
  console.log(`| ${manifest.name} | ${cells.join(' | ')} |`);
  await Promise.all(contestants.map((detector) => detector.dispose()));
}
