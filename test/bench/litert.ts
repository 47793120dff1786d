/**
 * Prints how many times as fast as onnxruntime in float each detector runs: in onnxruntime quantized to W8A8, as the file
 * stands and lowered, and in LiteRT in float and in W8A8; one interleaved run with 1 and 2 threads, as a markdown table. A
 * detector is a manifest, or `FLOAT=QUANTIZED` of two; without the second it is quantized here without any search, which
 * does not change what is computed for most. A machine that is busy with other things slows the least time less than the
 * median: `--by min`. Needs no developer's package.
 *
 *     node dist/test/bench/litert.js [--runs 100] [--by p50|min] [--library libLiteRt.so] [MANIFEST[=MANIFEST]...]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { interleavedRuns } from '../../agent/cli/interleavedRuns.js';
import { localStatePaths } from '../../agent/cli/localState.js';
import { drawnPicture } from '../../agent/engines/drawnPicture.js';
import { type Detector, loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';
import { litertEngine } from '../../runtime/engines/litert/litertEngine.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { projectRoot, sharedModels } from '../helpers/paths.js';
import { quantizedModel } from '../helpers/quantizedModel.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '100' },
    by: { type: 'string', default: 'p50' },
    library: { type: 'string', default: localStatePaths().litertLibrary },
  },
});
const ours = `${projectRoot}deploy/demo-model/model/demo-retinanet.json`;
const detectors =
  positionals.length > 0 ? positionals : [...sharedModels.map(({ manifest }) => manifest), ours];
const by = options.by === 'min' ? 'min' : 'p50';
const cpuInfo = readFileSync('/proc/cpuinfo', 'utf8');
const cpu = /model name\s*: (.*)/.exec(cpuInfo)?.[1] ?? 'unknown processor';
const vector =
  /avx512_vnni|avx_vnni|avx512f|avx2|asimddp/.exec(cpuInfo)?.[0] ?? 'no known vector instructions';

setLibraryPath(options.library);
console.log(`${cpu} (${vector}), ${options.runs} interleaved runs, ${by}\n`);
console.log(
  '| model | threads | onnxruntime float, ms | W8A8 as it stands | lowered | LiteRT float | LiteRT W8A8 |\n|---|---|---|---|---|---|---|',
);
for (const detector of detectors) {
  const [floatPath, quantizedPath] = detector.split('=');
  const files = await readModelFiles(floatPath!);
  const { manifest } = files;
  const reference = await loadDetector(files, onnxruntimeEngine);
  const { tensor } = await reference.prepare(drawnPicture());
  await reference.dispose();
  const feeds = { [manifest.input.name]: tensor };
  const quantized =
    quantizedPath === undefined
      ? { manifest, graph: await quantizedModel(files.graph, { weightBits: 8, feeds }) }
      : await readModelFiles(quantizedPath);
  const load = (threads: number): Promise<Detector>[] => [
    loadDetector(files, onnxruntimeEngine, { threads }),
    loadDetector(quantized, onnxruntimeEngine, { threads }),
    loadDetector(quantized, onnxruntimeEngine, { threads, lowering: {} }),
    loadDetector(files, litertEngine, { threads }),
    loadDetector(quantized, litertEngine, { threads }),
  ];
  const contestants = await Promise.all([1, 2].flatMap(load));
  const inputs = await Promise.all(contestants.map((contestant) => contestant.prepare(drawnPicture())));
  const times = await interleavedRuns(
    contestants.map((contestant, index) => () => contestant.infer(inputs[index]!)),
    { runs: Number(options.runs), signal: new AbortController().signal },
  );
  const count = contestants.length / 2;
  for (const [index, threads] of [1, 2].entries()) {
    const [float, ...others] = times.slice(count * index, count * (index + 1)).map((time) => time[by]);
    const ratios = others.map((time) => `${(float! / time).toFixed(2)}x`);
    console.log(`| ${manifest.name} | ${threads} | ${float!.toFixed(1)} | ${ratios.join(' | ')} |`);
  }
  await Promise.all(contestants.map((contestant) => contestant.dispose()));
}
