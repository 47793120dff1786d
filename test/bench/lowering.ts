/**
 * Prints the inference time of each detector in onnxruntime: in float, as a QDQ graph as it stands, and lowered to integer
 * operators, in one interleaved run, as a markdown table. With 1 thread it is the processor's time, which other work on the
 * machine hardly changes, with more the clock's; the shortest of all runs. The QDQ graph is on the least and greatest values
 * of one picture: grids that were searched take as long.
 *
 *     node dist/test/bench/lowering.js [--runs 60] [--threads 1,2] [--image FILE] [MANIFEST...]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { imageCodes } from '../../runtime/engines/imageCodes.js';
import { lowerModel } from '../../runtime/engines/onnxruntime/lowered/loweredModel.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { productSumsSaturate } from '../../runtime/engines/onnxruntime/productSums.js';
import { decodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { detectorOnPicture } from '../helpers/detectorOnPicture.js';
import { projectRoot, sharedFolder, sharedModels } from '../helpers/paths.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '60' },
    threads: { type: 'string', default: '1,2' },
    image: { type: 'string', default: join(sharedFolder, 'data/coco-calib/images/000000000285.jpg') },
  },
});
const known = [
  ...sharedModels.map(({ manifest }) => manifest),
  join(projectRoot, 'deploy/demo-model/model/demo-retinanet.json'),
];
const cpu = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';
const kernels = productSumsSaturate() ? 'u8 by u8 kernels (no VNNI)' : 'u8 by s8 kernels';

console.log(`${cpu}, ${kernels}, shortest of ${options.runs} interleaved runs, ms\n`);
console.log('| model | threads | float | QDQ as it stands | lowered | as it stands | lowered |');
console.log('|---|---|---|---|---|---|---|');
for (const path of positionals.length > 0 ? positionals : known) {
  const { manifest, graph, feeds, quantized } = await detectorOnPicture(path, options.image);
  const lowered = lowerModel(quantized);
  if ('refusal' in lowered) throw new Error(`${manifest.name}: ${lowered.refusal}`);
  const codes = Object.fromEntries(
    Object.entries(lowered.surface.codes).map(([name, own]) => [name, imageCodes(feeds[name]!, own)]),
  );
  for (const threads of options.threads.split(',').map(Number)) {
    const sessions = [
      await onnxruntimeEngine.load(graph, { threads }),
      await onnxruntimeEngine.load(quantized, { threads }),
      await onnxruntimeEngine.load(decodeOnnx(lowered.bytes), { threads }),
    ];
    const shortest = sessions.map(() => Number.POSITIVE_INFINITY);
    for (let run = 0; run < Number(options.runs); run++) {
      for (const [index, session] of sessions.entries()) {
        const time = threads === 1 ? processorTimer() : clockTimer();
        await session.run(index === 2 ? codes : feeds);
        shortest[index] = Math.min(shortest[index]!, time());
      }
    }
    const [float, plain, low] = shortest as [number, number, number];
    const cells = [float, plain, low].map((ms) => ms.toFixed(1));
    const ratios = [plain, low].map((ms) => `${(float / ms).toFixed(2)}x`);
    console.log(`| ${[manifest.name, threads, ...cells, ...ratios].join(' | ')} |`);
    await Promise.all(sessions.map((session) => session.dispose()));
  }
}

/** Each returns a function that returns the ms since it was made. */
function processorTimer(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}

function clockTimer(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
