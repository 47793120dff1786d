/**
 * Prints COCO's AP of detectors on labelled images through several engines, the graph as it stands, and of quantized ones also
 * lowered to onnxruntime's integer operators, even where that is slower here; and by how much each differs from the first, with
 * the 95 % interval over the images.
 *
 *     node dist/test/bench/engineAccuracy.js [--engines onnxruntime,tfjs-wasm] [--limit 400] [--threads 1]
 *       [--images DIR --annotations FILE] MANIFEST...
 */
import { parseArgs } from 'node:util';
import { readGroundTruth } from '../../calibrate/evaluate/groundTruthFile.js';
import type { DetectorEvaluation } from '../../calibrate/evaluate/runEvaluation.js';
import { Detector, loadDetector } from '../../runtime/detector/detector.js';
import { createHead } from '../../runtime/detector/heads/createHead.js';
import { type ModelFiles, readModelFiles } from '../../runtime/detector/modelFiles.js';
import { lowerModel } from '../../runtime/engines/onnxruntime/lowered/loweredModel.js';
import { ServingSession } from '../../runtime/engines/onnxruntime/lowered/servingSession.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { getEngine } from '../../runtime/engines/registry.js';
import { decodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { configureTestEngines } from '../helpers/engines.js';
import { sharedFolder } from '../helpers/paths.js';
import { LabelledImages } from './peers/labelledImages.js';
import { differenceText, percent } from './peers/table.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engines: { type: 'string', default: 'onnxruntime,litert,tfjs-wasm,tfjs-node' },
    limit: { type: 'string', default: '400' },
    threads: { type: 'string', default: '1' },
    images: { type: 'string', default: `${sharedFolder}data/coco-eval/images` },
    annotations: { type: 'string', default: `${sharedFolder}data/coco-eval/annotations.json` },
  },
});
const threads = Number(options.threads);
const engines = options.engines.split(',').map(getEngine);
const images = new LabelledImages({
  truth: await readGroundTruth(options.annotations),
  imagesFolder: options.images,
  limit: Number(options.limit),
});
configureTestEngines();

interface Contestant {
  readonly label: string;
  readonly load: () => Promise<Detector>;
}

console.log('| model | engine | AP | against the first | infer ms | n |\n|---|---|---|---|---|---|');
for (const path of positionals) {
  const files = await readModelFiles(path);
  let first: DetectorEvaluation | undefined;
  for (const { label, load } of contestants(files)) {
    const evaluation = await images.evaluate(await load());
    first ??= evaluation;
    const change = differenceText(images.compare(first, evaluation));
    const { AP, ms, n } = evaluation;
    console.log(`| ${[files.manifest.name, label, percent(AP), change, ms.p50.toFixed(1), n].join(' | ')} |`);
  }
}
process.exit(0);

function contestants(files: ModelFiles): Contestant[] {
  return engines.flatMap((engine) => {
    const plain = { label: engine.name, load: () => loadDetector(files, engine, { threads }) };
    const isLowered = engine === onnxruntimeEngine && files.manifest.quantization !== undefined;
    return isLowered ? [plain, { label: 'onnxruntime, lowered', load: () => lowered(files) }] : [plain];
  });
}

async function lowered({ manifest, graph }: ModelFiles): Promise<Detector> {
  const model = lowerModel(graph);
  if ('refusal' in model) throw new Error(`${manifest.name}: ${model.refusal}`);
  const session = await onnxruntimeEngine.load(decodeOnnx(model.bytes), { threads });
  const { surface, extent: note } = model;
  return new Detector(manifest, createHead(manifest, graph), new ServingSession(session, { surface, note }));
}
