import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { GroundTruth } from '../../../calibrate/evaluate/groundTruth.js';
import { type EvaluatedDetector, evaluateDetector } from '../../../calibrate/evaluate/runEvaluation.js';
import { AgentError } from '../../../runtime/errors.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const truth: GroundTruth = {
  images: [3, 1, 2].map((id) => ({ id, fileName: `${id}.jpg` })),
  categories: [
    { id: 17, name: 'cat' },
    { id: 1, name: 'Person' },
  ],
  boxes: [3, 1, 2].flatMap((imageId) =>
    [1, 17].map((categoryId) => ({
      imageId,
      categoryId,
      bbox: [10, 10, 50, 50] as const,
      area: 2500,
      crowd: false,
    })),
  ),
};

/** A folder whose files hold their image's number. */
async function imagesFolder(): Promise<string> {
  const folder = tempFolder();
  for (const { id, fileName } of truth.images) await writeFile(join(folder, fileName), Uint8Array.of(id));
  return folder;
}

/** Finds the person in images 1 and 3, and something without a category everywhere; takes 10 * id ms. */
class FakeDetector implements EvaluatedDetector {
  readonly labels = ['dragon', 'person'];
  readonly seen: number[] = [];
  inFlight = 0;
  maxInFlight = 0;

  async detect(image: Uint8Array) {
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
    await new Promise(setImmediate);
    this.inFlight--;
    const id = image[0]!;
    this.seen.push(id);
    const box = [10, 10, 60, 60] as const;
    const dragon = { label: 'dragon', classId: 0, score: 0.99, box };
    const person = { label: 'person', classId: 1, score: 0.9, box };
    return {
      detections: id === 2 ? [dragon] : [dragon, person],
      timingsMs: { decode: 1, preprocess: 1, infer: 10 * id, postprocess: 1 },
    };
  }
}

test('evaluates the categories that the detector has, by name, and times inference', async (t) => {
  const detector = new FakeDetector();
  const progress: number[] = [];
  const result = await evaluateDetector(detector, {
    imagesFolder: await imagesFolder(),
    truth,
    onProgress: ({ done, total }) => progress.push(done / total),
  });
  t.deepEqual(result.categoryIds, [1]);
  t.true(Math.abs(result.AR100 - 2 / 3) < 1e-12);
  t.deepEqual(
    result.perCategory.map(({ name }) => name),
    ['Person'],
  );
  t.is(result.n, 3);
  t.is(result.detections.length, 2);
  t.deepEqual(result.ms, { p50: 20, p95: 29 });
  t.deepEqual(result.endToEndMs, { p50: 23, p95: 32 });
  t.deepEqual(progress, [1 / 3, 2 / 3, 1]);
  t.deepEqual(detector.seen, [3, 3, 1, 2], 'one warm-up, then the order of the file');
  t.is(detector.maxInFlight, 1);
});

test('a limit takes the first images and leaves the truth of the others out', async (t) => {
  const result = await evaluateDetector(new FakeDetector(), {
    imagesFolder: await imagesFolder(),
    truth,
    limit: 2,
  });
  t.is(result.n, 2);
  t.is(result.AP, 1);
  t.deepEqual(result.imageIds, [3, 1]);
});

test('refuses annotations that share no name with the labels', async (t) => {
  const foreign = { ...truth, categories: [{ id: 1, name: 'bottle' }] };
  const error = await t.throwsAsync(
    evaluateDetector(new FakeDetector(), { imagesFolder: '/', truth: foreign }),
    {
      code: 'annotations_invalid',
    },
  );
  t.regex(error.message, /dragon, person.*bottle/);
});

test('an absent image and a detector that fails name the image', async (t) => {
  const folder = await imagesFolder();
  await rm(join(folder, '2.jpg'));
  await t.throwsAsync(evaluateDetector(new FakeDetector(), { imagesFolder: folder, truth }), {
    code: 'file_not_found',
    message: /2\.jpg/,
  });
  const failing: EvaluatedDetector = {
    labels: ['cat'],
    detect: () => Promise.reject(new AgentError('image_undecodable', 'broken')),
  };
  await t.throwsAsync(evaluateDetector(failing, { imagesFolder: folder, truth }), {
    code: 'image_undecodable',
    message: '3.jpg: broken',
  });
});

test('an abort ends it and says how far it came', async (t) => {
  const controller = new AbortController();
  const evaluation = evaluateDetector(new FakeDetector(), {
    imagesFolder: await imagesFolder(),
    truth,
    signal: controller.signal,
    onProgress: ({ done }) => done === 2 && controller.abort(),
  });
  await t.throwsAsync(evaluation, { code: 'aborted', message: /after 2 images/ });
});
