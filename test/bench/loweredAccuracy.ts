/**
 * Prints the COCO AP of quantized detectors as their QDQ graph stands, lowered to onnxruntime's integer operators (also where
 * that is slower here) and in LiteRT, each with its paired difference to the first, as a markdown table.
 *
 *     node dist/test/bench/loweredAccuracy.js [--limit 400] [--threads 2] [--images DIR --annotations FILE]
 *       [--library libLiteRt.so] MANIFEST...
 */
import { parseArgs } from 'node:util';
import { localStatePaths } from '../../agent/cli/localState.js';
import { readGroundTruth } from '../../calibrate/evaluate/groundTruthFile.js';
import { Detector, loadDetector } from '../../runtime/detector/detector.js';
import { createHead } from '../../runtime/detector/heads/createHead.js';
import { type ModelFiles, readModelFiles } from '../../runtime/detector/modelFiles.js';
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';
import { litertEngine } from '../../runtime/engines/litert/litertEngine.js';
import { lowerModel } from '../../runtime/engines/onnxruntime/lowered/loweredModel.js';
import { ServingSession } from '../../runtime/engines/onnxruntime/lowered/servingSession.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { decodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { sharedFolder } from '../helpers/paths.js';
import { LabelledImages } from './peers/labelledImages.js';
import { differenceText, percent } from './peers/table.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '400' },
    threads: { type: 'string', default: '2' },
    images: { type: 'string', default: `${sharedFolder}data/coco-eval/images` },
    annotations: { type: 'string', default: `${sharedFolder}data/coco-eval/annotations.json` },
    library: { type: 'string', default: localStatePaths().litertLibrary },
  },
});
const threads = Number(options.threads);
setLibraryPath(options.library);
const images = new LabelledImages({
  truth: await readGroundTruth(options.annotations),
  imagesFolder: options.images,
  limit: Number(options.limit),
});

console.log('| model | QDQ graph | lowered | difference | LiteRT | difference |\n|---|---|---|---|---|---|');
for (const path of positionals) {
  const files = await readModelFiles(path);
  const plain = await images.evaluate(await loadDetector(files, onnxruntimeEngine, { threads }));
  const cells = [files.manifest.name, percent(plain.AP)];
  for (const load of [lowered, () => loadDetector(files, litertEngine, { threads })]) {
    const evaluation = await images.evaluate(await load(files));
    cells.push(percent(evaluation.AP), differenceText(images.compare(plain, evaluation)));
  }
  console.log(`| ${cells.join(' | ')} |`);
}

async function lowered({ manifest, graph }: ModelFiles): Promise<Detector> {
  const model = lowerModel(graph);
  if ('refusal' in model) throw new Error(`${manifest.name}: ${model.refusal}`);
  const session = await onnxruntimeEngine.load(decodeOnnx(model.bytes), { threads });
  const { codes, extent: note } = model;
  return new Detector(manifest, createHead(manifest, graph), new ServingSession(session, { codes, note }));
}
