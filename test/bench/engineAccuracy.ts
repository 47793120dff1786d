/**
 * Prints COCO's AP of one detector on the 400 labelled images through several engines, the graph as it stands and, where an
 * engine has one, in its integer form; and by how much each differs from the first, with the standard error over the images.
 *
 *     node dist/test/bench/engineAccuracy.js [--engines onnxruntime,tfjs-wasm] [--limit 400] [--threads 1] MANIFEST
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readGroundTruth } from '../../calibrate/evaluate/groundTruthFile.js';
import type { DetectorEvaluation } from '../../calibrate/evaluate/runEvaluation.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { getEngine } from '../../runtime/engines/registry.js';
import { configureTestEngines } from '../helpers/engines.js';
import { sharedFolder } from '../helpers/paths.js';
import { LabelledImages } from './peers/labelledImages.js';
import { differenceText, percent } from './peers/table.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engines: { type: 'string', default: 'onnxruntime,tfjs-wasm,tfjs-node' },
    limit: { type: 'string', default: '400' },
    threads: { type: 'string', default: '1' },
  },
});
const folder = join(sharedFolder, 'data/coco-eval');
const images = new LabelledImages({
  truth: await readGroundTruth(join(folder, 'annotations.json')),
  imagesFolder: join(folder, 'images'),
  limit: Number(options.limit),
});
const files = await readModelFiles(positionals[0]!);
configureTestEngines();

let first: DetectorEvaluation | undefined;
console.log('| model | engine | AP | against the first | infer ms | n |\n|---|---|---|---|---|---|');
for (const name of options.engines.split(',')) {
  const engine = getEngine(name);
  const hasIntegerForm = files.manifest.quantization !== undefined && engine.int8 === 'executed';
  for (const isLowered of hasIntegerForm ? [false, true] : [false]) {
    const threads = Number(options.threads);
    const evaluation = await images.evaluate(
      await loadDetector(files, engine, { threads, ...(isLowered && { lowering: {} }) }),
    );
    first ??= evaluation;
    const change = differenceText(images.compare(first, evaluation));
    const label = isLowered ? `${name}, integer form` : name;
    const { AP, ms, n } = evaluation;
    console.log(`| ${[files.manifest.name, label, percent(AP), change, ms.p50.toFixed(1), n].join(' | ')} |`);
  }
}
process.exit(0);
