import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import sharp from 'sharp';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { AgentError } from '../../../runtime/errors.js';
import { checkSelfTest, parseSelfTest, recordSelfTest } from '../../../runtime/serving/selfTest.js';
import { type FakeDetection, FakeModel } from '../../helpers/fakeModel.js';
import { sharedFolder, sharedModels } from '../../helpers/paths.js';
import { sharedTest } from '../../helpers/requires.js';

const labels = ['cat', 'dog'];
const frame = await sharp({ create: { width: 80, height: 80, channels: 3, background: 'grey' } })
  .png()
  .toBuffer();

/** Ten boxes in a row at most, of one pixel of the input each: ten of the frame. */
function detectorOf(...detections: FakeDetection[]) {
  return new FakeModel('a', { detections, labels }).detector;
}

function cat(column: number, changes: Partial<FakeDetection> = {}): FakeDetection {
  return { classId: 0, score: 0.8, box: [column, 0, column + 1, 1], ...changes };
}

test('a detector passes the self-test that it recorded, also after a round trip through JSON', async (t) => {
  const detector = detectorOf(cat(0), cat(1, { classId: 1 }), cat(2, { score: 0.3 }));
  const recorded = await recordSelfTest(detector, [frame, frame]);
  t.is(recorded.frames.length, 2);
  t.is(recorded.frames[0]?.detections.length, 3);
  await t.notThrowsAsync(checkSelfTest(detector, parseSelfTest(JSON.stringify(recorded), 'selftest.json')));
});

test('the noise of another engine passes: small shifts of scores and boxes, one box of eight lost', async (t) => {
  const columns = [0, 1, 2, 3, 4, 5, 6, 7];
  const recorded = await recordSelfTest(detectorOf(...columns.map((column) => cat(column))), [frame]);
  const noisy = columns
    .slice(1)
    .map((column) => cat(column, { score: 0.68, box: [column, 0.2, column + 1, 1] }));
  await t.notThrowsAsync(checkSelfTest(detectorOf(...noisy), recorded));
});

const wrong: Record<string, FakeDetection[]> = {
  'finds nothing': [],
  'finds other classes': [cat(0, { classId: 1 }), cat(3, { classId: 1 })],
  'finds the boxes elsewhere': [cat(1), cat(4)],
  'gives other scores': [cat(0, { score: 0.5 }), cat(3, { score: 0.5 })],
  'finds what is there and as much again': [cat(0), cat(3), cat(5), cat(6)],
};
for (const [what, detections] of Object.entries(wrong)) {
  test(`a network that ${what} is refused, with the counts`, async (t) => {
    const recorded = await recordSelfTest(detectorOf(cat(0), cat(3)), [frame]);
    const check = checkSelfTest(detectorOf(...detections), recorded);
    const error = await t.throwsAsync<AgentError>(check, { code: 'swap_check_failed' });
    t.true((error.detail.got as { matchShare: number }).matchShare < 0.75);
    t.true(Number(error.detail.confident) > 0);
  });
}

const recordedOutput = [1, 5, 2, 8];
const wrongOutputs: Record<string, number[]> = {
  'have no relation to them': [8, 1, 5, 2],
  'are constant': [4, 4, 4, 4],
  'are not finite': [1, 5, Number.NaN, 8],
  'are of another size': [1, 5, 2, 8, 3],
};
for (const [how, output] of Object.entries(wrongOutputs)) {
  test(`outputs that ${how} are refused, even when no detection differs`, async (t) => {
    const recorded = await recordSelfTest(new FakeModel('a', { output: recordedOutput }).detector, [frame]);
    const check = checkSelfTest(new FakeModel('a', { output }).detector, recorded);
    const error = await t.throwsAsync<AgentError>(check, { code: 'swap_check_failed' });
    t.is((error.detail.got as { matchShare: number }).matchShare, 1);
  });
}

test('outputs that differ by rounding pass', async (t) => {
  const recorded = await recordSelfTest(new FakeModel('a', { output: recordedOutput }).detector, [frame]);
  const rounded = new FakeModel('a', { output: [1.2, 4.7, 2.4, 8.3] });
  await t.notThrowsAsync(checkSelfTest(rounded.detector, recorded));
});

test('a constant output passes as itself and is refused as another', async (t) => {
  const recorded = await recordSelfTest(new FakeModel('a', { output: [3, 3] }).detector, [frame]);
  await t.notThrowsAsync(checkSelfTest(new FakeModel('a', { output: [3, 3] }).detector, recorded));
  const other = new FakeModel('a', { output: [3, 3.5] });
  await t.throwsAsync(checkSelfTest(other.detector, recorded), { code: 'swap_check_failed' });
});

test('a scene without confident detections is compared at a lower score', async (t) => {
  const recorded = await recordSelfTest(detectorOf(cat(0, { score: 0.2 }), cat(2, { score: 0.2 })), [frame]);
  t.is(recorded.confidentScore, 0.1);
  await t.throwsAsync(checkSelfTest(detectorOf(), recorded), { code: 'swap_check_failed' });
});

test('an empty scene passes as empty and refuses a network that sees things', async (t) => {
  const recorded = await recordSelfTest(detectorOf(), [frame]);
  await t.notThrowsAsync(checkSelfTest(detectorOf(), recorded));
  await t.throwsAsync(checkSelfTest(detectorOf(cat(0)), recorded), { code: 'swap_check_failed' });
});

test('a self-test needs a frame', async (t) => {
  await t.throwsAsync(recordSelfTest(detectorOf(), []), { code: 'frames_missing' });
});

const corrupt: Record<string, { text: string; key: RegExp }> = {
  'is no JSON': { text: '{', key: /expected a self-test in JSON/ },
  'has no frames': {
    text: JSON.stringify({
      selfTestVersion: 1,
      tolerance: { maxOutputDistance: 1, minIou: 0.5, maxScoreShift: 0.1, minMatchShare: 0.5 },
      confidentScore: 0.5,
      frames: [],
    }),
    key: /key frames/,
  },
  'is of another version': { text: '{"selfTestVersion": 2}', key: /key selfTestVersion/ },
};
for (const [what, { text, key }] of Object.entries(corrupt)) {
  test(`a self-test that ${what} is a visible error that names the file and the key`, (t) => {
    const error = t.throws<AgentError>(() => parseSelfTest(text, 'folder/selftest.json'));
    t.is(error.code, 'state_corrupt');
    t.regex(error.message, key);
    t.true(error.message.startsWith('folder/selftest.json'));
  });
}

sharedTest(
  'of real detectors each passes its own self-test, on two threads as well, and not another’s',
  async (t) => {
    const folder = `${sharedFolder}data/coco-calib/images/`;
    const names = (await readdir(folder)).sort().slice(0, 4);
    const frames = await Promise.all(names.map((name) => readFile(`${folder}${name}`)));
    const load = async (index: number, threads: number) =>
      loadDetector(await readModelFiles(sharedModels[index]!.manifest), onnxruntimeEngine, { threads });
    const [nanodet, again, yolox] = [await load(0, 1), await load(0, 2), await load(1, 1)];
    const recorded = await recordSelfTest(nanodet, frames);
    await t.notThrowsAsync(checkSelfTest(again, recorded));
    await t.throwsAsync(checkSelfTest(yolox, recorded), { code: 'swap_check_failed' });
    await Promise.all([nanodet, again, yolox].map((detector) => detector.dispose()));
  },
);
