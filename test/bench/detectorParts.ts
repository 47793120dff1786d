/**
 * Prints the time of a detector's stages, as JSON: min, p50 and p95 over real pictures, one at a time, and the share of
 * decoding + pre-processing and of post-processing in the inference time.
 *
 *     node dist/test/bench/detectorParts.js [--threads 1] [--images FOLDER] [--limit 100] [MANIFEST...]
 *
 * Without arguments: the shared detectors and evaluation images; `camera` is the same pictures as a camera sends
 * them, 640x480 at JPEG quality 80.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { type Detector, loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { selectEngine } from '../../runtime/engines/registry.js';
import { sharedFolder, sharedModels } from '../helpers/paths.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    limit: { type: 'string', default: '100' },
    images: { type: 'string', default: `${sharedFolder}data/coco-eval/images` },
  },
});
const threads = Number(options.threads);
const manifests = positionals.length > 0 ? positionals : sharedModels.map(({ manifest }) => manifest);
const names = readdirSync(options.images).sort().slice(0, Number(options.limit));
const files = names.map((name) => readFileSync(join(options.images, name)));
const camera = await Promise.all(
  files.map((file) => sharp(file).resize(640, 480, { fit: 'fill' }).jpeg({ quality: 80 }).toBuffer()),
);
const engine = await selectEngine('auto');

for (const manifest of manifests) {
  const detector = await loadDetector(await readModelFiles(manifest), engine, { threads });
  for (const [pictures, images] of Object.entries({ files, camera })) {
    const stages = await measure(detector, images);
    console.log(
      JSON.stringify({ bench: 'detectorParts', model: detector.manifest.name, threads, pictures, ...stages }),
    );
  }
  await detector.dispose();
}

async function measure(detector: Detector, images: readonly Uint8Array[]) {
  for (const image of images.slice(0, 20)) await detector.detect(image);
  const timings = [];
  for (const image of images) timings.push((await detector.detect(image)).timingsMs);
  const summary = (ms: readonly number[]) => ({
    min: Number(Math.min(...ms).toFixed(2)),
    p50: Number(percentile(ms, 0.5).toFixed(2)),
    p95: Number(percentile(ms, 0.95).toFixed(2)),
  });
  const ms = {
    decodeAndPreprocess: summary(timings.map(({ decode, preprocess }) => decode + preprocess)),
    infer: summary(timings.map(({ infer }) => infer)),
    postprocess: summary(timings.map(({ postprocess }) => postprocess)),
  };
  return {
    n: images.length,
    meanBytes: Math.round(images.reduce((sum, { length }) => sum + length, 0) / images.length),
    ms,
    shareOfInfer: {
      decodeAndPreprocess: Number((ms.decodeAndPreprocess.p50 / ms.infer.p50).toFixed(3)),
      postprocess: Number((ms.postprocess.p50 / ms.infer.p50).toFixed(3)),
    },
  };
}
