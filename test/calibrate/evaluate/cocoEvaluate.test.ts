import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { type CocoFigures, cocoEvaluate } from '../../../calibrate/evaluate/cocoEvaluate.js';
import { parseGroundTruth } from '../../../calibrate/evaluate/groundTruth.js';
import type { CocoDetection } from '../../../calibrate/evaluate/matchCategories.js';
import { fixturesFolder } from '../../helpers/paths.js';

/** What `test/fixtures/coco/make_golden.py` writes. */
interface Golden {
  readonly truth: unknown;
  readonly detections: readonly (readonly [number, number, number, number, number, number, number])[];
  readonly whole: GoldenFigures;
  readonly half: GoldenFigures & { readonly imageIds: number[]; readonly categoryIds: number[] };
}

interface GoldenFigures {
  readonly figures: CocoFigures;
  readonly perCategoryAP: Readonly<Record<string, number>>;
}

const tolerance = 1e-6;
const folder = `${fixturesFolder}coco/`;
const truth = parseGroundTruth(
  {
    images: [
      { id: 1, file_name: '1.jpg' },
      { id: 2, file_name: '2.jpg' },
    ],
    annotations: [
      { image_id: 1, category_id: 7, bbox: [10, 10, 100, 100] },
      { image_id: 1, category_id: 7, bbox: [300, 10, 20, 20], iscrowd: 1 },
    ],
    categories: [
      { id: 7, name: 'cat' },
      { id: 8, name: 'dog' },
    ],
  },
  'test',
);
const hit: CocoDetection = { imageId: 1, categoryId: 7, score: 0.9, box: [10, 10, 110, 110] };

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const golden = JSON.parse(readFileSync(folder + file, 'utf8')) as Golden;
  const detections = golden.detections.map(
    ([imageId, categoryId, score, x, y, width, height]): CocoDetection => ({
      imageId,
      categoryId,
      score,
      box: [x, y, x + width, y + height],
    }),
  );
  const goldenTruth = parseGroundTruth(golden.truth, file);

  for (const part of ['whole', 'half'] as const) {
    test(`equals pycocotools on the ${part} of ${file}`, (t) => {
      const scope = part === 'half' ? golden.half : {};
      const result = cocoEvaluate(goldenTruth, detections, scope);
      for (const [name, expected] of Object.entries(golden[part].figures)) {
        const got = result[name as keyof CocoFigures];
        t.true(Math.abs(got - expected) <= tolerance, `${name}: expected ${expected}, got ${got}`);
      }
      const expectedAps = Object.entries(golden[part].perCategoryAP);
      t.is(result.perCategory.length, expectedAps.length);
      for (const [index, [id, expected]] of expectedAps.entries()) {
        const got = result.perCategory[index]!;
        t.is(String(got.categoryId), id);
        t.true(
          Math.abs(got.AP - expected) <= tolerance,
          `category ${id}: expected ${expected}, got ${got.AP}`,
        );
      }
    });
  }
}

test('a perfect detection gives 1 wherever there is truth and -1 elsewhere', (t) => {
  const { AP, AP50, APs, APm, APl, AR1, ARl, perCategory } = cocoEvaluate(truth, [hit]);
  t.deepEqual(
    { AP, AP50, APs, APm, APl, AR1, ARl },
    { AP: 1, AP50: 1, APs: -1, APm: -1, APl: 1, AR1: 1, ARl: 1 },
  );
  t.deepEqual(
    perCategory.map(({ name, AP, numTruth }) => ({ name, AP, numTruth })),
    [
      { name: 'cat', AP: 1, numTruth: 1 },
      { name: 'dog', AP: -1, numTruth: 0 },
    ],
  );
});

test('no detection at all gives 0, and no truth at all gives -1', (t) => {
  t.is(cocoEvaluate(truth, []).AP, 0);
  t.is(cocoEvaluate(truth, []).AR100, 0);
  t.is(cocoEvaluate({ ...truth, boxes: [] }, [hit]).AP, -1);
});

test('detections on a crowd region are neither right nor wrong, however many', (t) => {
  const onCrowd = { ...hit, score: 0.99, box: [301, 11, 315, 25] as const };
  t.is(cocoEvaluate(truth, [onCrowd, onCrowd, onCrowd, hit]).AP, 1);
});

test('a wrong detection with a higher score costs half the precision, with a lower one nothing', (t) => {
  const wrong = { ...hit, box: [400, 400, 500, 500] as const };
  t.is(cocoEvaluate(truth, [{ ...wrong, score: 0.95 }, hit]).AP, 0.5);
  t.is(cocoEvaluate(truth, [{ ...wrong, score: 0.85 }, hit]).AP, 1);
});

test('a detection without a score ranks last', (t) => {
  t.is(cocoEvaluate(truth, [{ ...hit, score: Number.NaN, box: [400, 400, 500, 500] }, hit]).AP, 1);
});

test('refuses a detection of an image that is not annotated', (t) => {
  const error = t.throws(() => cocoEvaluate(truth, [{ ...hit, imageId: 3 }]), {
    code: 'annotations_invalid',
  });
  t.regex(error.message, /image 3/);
});
