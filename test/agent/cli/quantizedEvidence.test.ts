import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { compareOnLabels } from '../../../agent/cli/labelledComparison.js';
import { compareSpeed, type DetectorPair, drawPictures } from '../../../agent/cli/quantizedEvidence.js';
import type { Frame } from '../../../calibrate/frames/frame.js';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { folderOf, jpeg } from '../../helpers/frameFolders.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const signal = new AbortController().signal;
const load = async (seed: number) =>
  loadDetector(await readModelFiles((await tinyDetector({ seed })).manifest), onnxruntimeEngine);

async function pairOf(seeds: readonly [number, number], t: { teardown(end: () => Promise<void>): void }) {
  const pair: DetectorPair = { float: await load(seeds[0]), quantized: await load(seeds[1]) };
  t.teardown(() => pair.float.dispose());
  t.teardown(() => pair.quantized.dispose());
  return pair;
}

const frameOf = async (brightness: number): Promise<Frame> => ({
  name: `${brightness}.jpg`,
  bytes: await jpeg(brightness),
});

test('models take their turns on one picture', async (t) => {
  const { float, quantized } = await pairOf([1, 2], t);
  const times = await compareSpeed([float, quantized, float], await frameOf(90), signal);
  t.is(times.length, 3);
  t.true(times.every((ms) => ms > 0));
});

test('three of the frames are shown, as pictures of what each model found', async (t) => {
  const frames = await Promise.all([30, 60, 90, 120, 150].map(frameOf));
  const pictures = await drawPictures(await pairOf([1, 2], t), frames, signal);
  t.is(pictures.length, 3);
  t.true(pictures.every(({ name }) => frames.some((frame) => frame.name === name)));
  for (const { floatJpeg, quantizedJpeg } of pictures) {
    const decoded = await sharp(Buffer.from(floatJpeg, 'base64')).metadata();
    t.is(decoded.format, 'jpeg');
    t.not(floatJpeg, quantizedJpeg);
  }
  const same = await drawPictures(await pairOf([1, 1], t), frames.slice(0, 1), signal);
  t.is(same[0]!.floatJpeg, same[0]!.quantizedJpeg);
});

test('an abort ends measuring and drawing', async (t) => {
  const aborted = AbortSignal.abort(new Error('enough'));
  const pair = await pairOf([1, 2], t);
  await t.throwsAsync(compareSpeed(Object.values(pair), await frameOf(90), aborted), { message: 'enough' });
  await t.throwsAsync(drawPictures(pair, [await frameOf(90)], aborted), { message: 'enough' });
});

test('labels judge both models, and their difference has an interval', async (t) => {
  const pair = await pairOf([1, 2], t);
  const brightnesses = [40, 90, 140, 190];
  const pictures = Object.fromEntries(
    await Promise.all(brightnesses.map(async (b) => [`${b}.jpg`, await jpeg(b)] as const)),
  );
  const images = await folderOf(pictures);
  const annotations = join(tempFolder(), 'annotations.json');
  // What the float model finds is the truth, so that it is always right.
  const found = await Promise.all(brightnesses.map((b) => pair.float.detect(pictures[`${b}.jpg`]!)));
  const boxes = found.flatMap(({ detections }, image) =>
    detections.map(({ classId, box: [x1, y1, x2, y2] }) => ({
      image_id: image + 1,
      category_id: classId + 1,
      bbox: [x1, y1, x2 - x1, y2 - y1],
      area: (x2 - x1) * (y2 - y1),
      iscrowd: 0,
    })),
  );
  const truth = {
    images: brightnesses.map((b, image) => ({ id: image + 1, file_name: `${b}.jpg` })),
    categories: ['cat', 'dog'].map((name, index) => ({ id: index + 1, name })),
    annotations: boxes.map((box, index) => ({ id: index + 1, ...box })),
  };
  await writeFile(annotations, JSON.stringify(truth));
  const { float, quantized, difference, n } = await compareOnLabels(pair, { images, annotations }, signal);
  t.is(n, 4);
  t.true(float > 0.99 && quantized < float);
  t.true(Math.abs(difference.difference - (quantized - float)) < 1e-12);
  t.true(difference.low <= difference.difference && difference.difference <= difference.high);
});
