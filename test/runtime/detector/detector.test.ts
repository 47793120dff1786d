import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import sharp from 'sharp';
import type { Detection } from '../../../runtime/detector/detection.js';
import { Detector, loadDetector } from '../../../runtime/detector/detector.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { iou } from '../../../runtime/detector/iou.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import type { Session } from '../../../runtime/engines/engine.js';
import { getEngine } from '../../../runtime/engines/registry.js';
import { floats, graphOutputs } from '../../helpers/headReads.js';
import { type ManifestParts, testManifest } from '../../helpers/manifests.js';
import { fixturesFolder, sharedFolder, sharedModels } from '../../helpers/paths.js';
import { jpeg } from '../../helpers/pictures.js';
import { sharedTest } from '../../helpers/requires.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const engine = getEngine('onnxruntime');

/** One row per 8 x 8 cell of a 16 x 16 input: `[tx, ty, tw, th, objectness, cat, dog]`. */
const cells = [
  [0.5, 0.5, 0, 0, 1, 0.9, 0.2],
  [0.5, 0.5, 0, 0, 1, 0.05, 0.7],
  [0.5, 0.5, Math.log(4), 0, 0.5, 0.5, 0],
  [0.5, 0.5, 0, 0, 0, 1, 1],
];

/** What the session below says that each run took. */
const toldMs = 123_456;

/** A detector whose session answers every picture with `cells`. */
function fixedDetector(parts: ManifestParts = {}) {
  const manifest = testManifest({ ...parts, input: { shape: [1, 3, 16, 16], ...parts.input } });
  const dims = [1, 4, 7];
  const session: Session = {
    inputs: [{ name: 'image', dtype: 'float32' }],
    outputs: [{ name: 'packed', dtype: 'float32' }],
    run: async (_feeds, _outputs, observer) => {
      observer?.onRan(toldMs);
      return { packed: floats(dims, cells.flat()) };
    },
    dispose: async () => undefined,
  };
  return new Detector(manifest, createHead(manifest, graphOutputs({ packed: dims })), session);
}

test('detections are in pixels of the original image, best first, and clipped to it', async (t) => {
  const { detections, width, height, timingsMs } = await fixedDetector().detect(await jpeg(32, 64));
  t.deepEqual([width, height], [32, 64]);
  const rounded = detections.map(({ score, ...rest }) => ({
    ...rest,
    score: Math.round(score * 1000) / 1000,
  }));
  // Input pixels scale by 2 and 4. The third cell's box is 32 wide, from -12 to 20, of which the image holds all.
  t.deepEqual(rounded, [
    { label: 'cat', classId: 0, score: 0.9, box: [0, 0, 16, 32] },
    { label: 'dog', classId: 1, score: 0.7, box: [16, 0, 32, 32] },
    { label: 'cat', classId: 0, score: 0.25, box: [0, 32, 32, 64] },
    { label: 'dog', classId: 1, score: 0.2, box: [0, 0, 16, 32] },
  ]);
  t.true(Object.values(timingsMs).every((ms) => ms >= 0));
});

test('letterboxed detections leave the padding out', async (t) => {
  const detector = fixedDetector({ input: { resize: 'letterbox' } });
  // 32 x 16 lies in rows 4 to 12 of the input: scale 2, 4 rows of padding above.
  const { detections } = await detector.detect(await jpeg(32, 16));
  t.deepEqual(detections[0]!.box, [0, 0, 16, 8]);
  t.deepEqual(detections[2]!.box, [0, 8, 32, 16]);
});

test('a higher threshold drops the lower scores, and the manifest gives the default', async (t) => {
  const detector = fixedDetector({ postprocess: { scoreThreshold: 0.6 } });
  t.is((await detector.detect(await jpeg(16, 16))).detections.length, 2);
  t.is((await detector.detect(await jpeg(16, 16), { scoreThreshold: 0.8 })).detections.length, 1);
  t.is((await detector.detect(await jpeg(16, 16), { scoreThreshold: 1 })).detections.length, 0);
});

test("the time of inference is the session's own where it tells one", async (t) => {
  const { timingsMs } = await fixedDetector().detect(await jpeg(16, 16));
  t.is(timingsMs.infer, toldMs);
});

test('a picture prepares the same as JPEG bytes, PNG bytes or raw pixels', async (t) => {
  const detector = fixedDetector({ input: { shape: [1, 3, 16, 16] } });
  const noise = sharp({
    create: {
      width: 33,
      height: 21,
      channels: 3,
      noise: { type: 'gaussian', mean: 128, sigma: 50 },
      background: 'grey',
    },
  });
  const png = await noise.png().toBuffer();
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const raw = await detector.prepare({ width: info.width, height: info.height, data });
  const encoded = await detector.prepare(png);
  t.deepEqual(raw.tensor, encoded.tensor);
  t.deepEqual([encoded.width, encoded.height], [33, 21]);
});

test('pictures over the pixel limit never reach the network', async (t) => {
  await t.throwsAsync(fixedDetector().detect(await jpeg(20, 20), { maxPixels: 399 }), {
    code: 'image_too_large',
  });
});

test('overlapping calls answer each for its own picture', async (t) => {
  const { manifest } = await tinyDetector();
  const detector = await loadDetector(await readModelFiles(manifest), engine);
  const noise = (mean: number) => ({ type: 'gaussian' as const, mean, sigma: 60 });
  const pictures = await Promise.all(
    [40, 90, 140, 190].map((mean) =>
      sharp({ create: { width: mean, height: 50, channels: 3, noise: noise(mean), background: 'grey' } })
        .png()
        .toBuffer(),
    ),
  );
  const alone = [];
  for (const picture of pictures) alone.push((await detector.detect(picture)).detections);
  const together = await Promise.all(pictures.map((picture) => detector.detect(picture)));
  t.deepEqual(
    together.map(({ detections }) => detections),
    alone,
  );
  t.is(new Set(alone.map((detections) => JSON.stringify(detections))).size, pictures.length);
  await detector.dispose();
});

test('a detector that was disposed of refuses to run', async (t) => {
  const { manifest } = await tinyDetector();
  const detector = await loadDetector(await readModelFiles(manifest), engine);
  await detector.dispose();
  await detector.dispose();
  await t.throwsAsync(detector.detect(await jpeg(8, 8)), { code: 'session_disposed' });
});

type Golden = Record<string, Record<string, Pick<Detection, 'score' | 'classId' | 'box'>[]>>;
const golden: Golden = JSON.parse(readFileSync(`${fixturesFolder}detector/golden.json`, 'utf8'));

for (const { name, manifest } of sharedModels) {
  sharedTest(`${name} finds what an independent implementation finds`, async (t) => {
    const detector = await loadDetector(await readModelFiles(manifest), engine);
    for (const [image, expected] of Object.entries(golden[name]!)) {
      const { detections } = await detector.detect(
        await readFile(`${sharedFolder}data/coco-eval/images/${image}`),
      );
      for (const [rank, { score, classId, box }] of expected.entries()) {
        // A byte that two roundings put on either side of a half moves scores and boxes a little, and equal scores past each other.
        const found = detections.some(
          (got) => got.classId === classId && Math.abs(got.score - score) < 0.002 && iou(got.box, box) > 0.99,
        );
        t.true(found, `${image}, rank ${rank}: ${JSON.stringify(detections.slice(0, rank + 2))}`);
      }
    }
    await detector.dispose();
  });
}
