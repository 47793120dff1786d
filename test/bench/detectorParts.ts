/**
 * Prints how long a detection takes from the JPEG to the boxes, and its parts: in float, and quantized to W8A8 as onnxruntime and, where
 * it is installed, LiteRT serve it; medians in ms over real pictures as a camera sends them, 640x480 at JPEG quality 80, the forms taking
 * turns on each. A detector is a manifest, or `FLOAT=QUANTIZED` of two; without the second it is quantized here without any search, which
 * changes the boxes and not the time. A markdown table.
 *
 *     node dist/test/bench/detectorParts.js [--threads 1] [--images FOLDER] [--limit 100] [--library libLiteRt.so] [MANIFEST[=MANIFEST]...]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { localStatePaths } from '../../agent/cli/localState.js';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { type DetectionResult, type Detector, loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';
import { litertEngine } from '../../runtime/engines/litert/litertEngine.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { sharedFolder, sharedModels } from '../helpers/paths.js';
import { quantizedModel } from '../helpers/quantizedModel.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    limit: { type: 'string', default: '100' },
    images: { type: 'string', default: `${sharedFolder}data/coco-eval/images` },
    library: { type: 'string', default: localStatePaths().litertLibrary },
  },
});
const threads = Number(options.threads);
const detectors = positionals.length > 0 ? positionals : sharedModels.map(({ manifest }) => manifest);
const names = readdirSync(options.images).sort().slice(0, Number(options.limit));
const pictures = await Promise.all(
  names.map((name) =>
    sharp(readFileSync(join(options.images, name)))
      .resize(640, 480, { fit: 'fill' })
      .jpeg({ quality: 80 })
      .toBuffer(),
  ),
);
setLibraryPath(options.library);
const hasLitert = (await litertEngine.probe()).available;

console.log(`${threads} threads, medians over ${pictures.length} pictures, ms\n`);
console.log('| model | form | decoding, pre-processing | inference | post-processing | all | float / all |');
console.log('|---|---|---|---|---|---|---|');
for (const detector of detectors) {
  const forms = await formsOf(detector);
  const timings = await inTurns(Object.values(forms));
  const floatMs = medianOf(timings[0]!, (ms) => ms.total);
  for (const [index, [form, { manifest }]] of Object.entries(forms).entries()) {
    const own = timings[index]!;
    const parts = [
      medianOf(own, ({ decode, preprocess }) => decode + preprocess),
      medianOf(own, ({ infer }) => infer),
      medianOf(own, ({ postprocess }) => postprocess),
      medianOf(own, ({ total }) => total),
    ];
    const cells = [
      manifest.name,
      form,
      ...parts.map((ms) => ms.toFixed(1)),
      (floatMs / parts[3]!).toFixed(2),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  await Promise.all(Object.values(forms).map((form) => form.dispose()));
}

async function formsOf(detector: string): Promise<Record<string, Detector>> {
  const [floatPath = '', quantizedPath] = detector.split('=');
  const files = await readModelFiles(floatPath);
  const float = await loadDetector(files, onnxruntimeEngine, { threads });
  const { tensor } = await float.prepare(pictures[0]!);
  const feeds = { [files.manifest.input.name]: tensor };
  const quantized = quantizedPath
    ? await readModelFiles(quantizedPath)
    : { ...files, graph: await quantizedModel(files.graph, { weightBits: 8, feeds }) };
  return {
    float,
    'lowered, onnxruntime': await loadDetector(quantized, onnxruntimeEngine, { threads, lowering: {} }),
    ...(hasLitert && { LiteRT: await loadDetector(quantized, litertEngine, { threads }) }),
  };
}

type Timings = DetectionResult['timingsMs'] & { readonly total: number };

async function inTurns(detectors: readonly Detector[]): Promise<Timings[][]> {
  const timings: Timings[][] = detectors.map(() => []);
  for (const detector of detectors) await detector.detect(pictures[0]!);
  for (const [turn, picture] of pictures.entries())
    for (const place of detectors.keys()) {
      const index = (turn + place) % detectors.length;
      const detector = detectors[index]!;
      const start = performance.now();
      const { timingsMs } = await detector.detect(picture);
      timings[index]!.push({ ...timingsMs, total: performance.now() - start });
    }
  return timings;
}

function medianOf(timings: readonly Timings[], ms: (timings: Timings) => number): number {
  return percentile(timings.map(ms), 0.5);
}
