import test from 'ava';
import { averagePrecisions, meanOfPresent } from '../../../calibrate/evaluate/accumulate.js';
import { cocoEvaluate } from '../../../calibrate/evaluate/cocoEvaluate.js';
import type { GroundTruth, TruthBox } from '../../../calibrate/evaluate/groundTruth.js';
import { type CocoDetection, matchCategories } from '../../../calibrate/evaluate/matchCategories.js';
import { pairedBootstrap } from '../../../calibrate/evaluate/pairedBootstrap.js';
import { createRandom } from '../../../calibrate/random.js';

const numImages = 60;
const imageIds = [...Array(numImages).keys()];
const boxOf = (imageId: number, index: number) => [100 * index, imageId, 50, 50] as const;
const boxes = imageIds.flatMap((imageId) =>
  [0, 1, 2].map((index): TruthBox => {
    return { imageId, categoryId: index % 2, bbox: boxOf(imageId, index), area: 2500, crowd: false };
  }),
);
const truthOf = (truthBoxes: readonly TruthBox[], ids: readonly number[] = imageIds): GroundTruth => ({
  images: ids.map((id) => ({ id, fileName: `${id}.jpg` })),
  categories: [0, 1, 2].map((id) => ({ id, name: String(id) })),
  boxes: truthBoxes,
});
const truth = truthOf(boxes);

/** Finds each box with probability `recall`, and one ghost per image, all with random scores. */
function detector(seed: number, recall: number): CocoDetection[] {
  const random = createRandom(seed);
  return imageIds.flatMap((imageId) =>
    [0, 1, 2, 3].flatMap((index): CocoDetection[] => {
      const score = random.uniform();
      if (random.uniform() >= recall) return [];
      const [x, y, width, height] = boxOf(imageId, index);
      return [{ imageId, categoryId: index % 2, score, box: [x, y, x + width, y + height] }];
    }),
  );
}

const good = detector(1, 0.95);
const poor = detector(2, 0.6);

test('the difference is that of the two APs, and its interval excludes 0 where one is clearly worse', (t) => {
  const result = pairedBootstrap(truth, { baseline: good, candidate: poor }, { resamples: 200 });
  t.is(result.difference, cocoEvaluate(truth, poor).AP - cocoEvaluate(truth, good).AP);
  t.true(result.interval95.high < 0);
  t.true(result.interval95.low < result.difference && result.difference < result.interval95.high);
  const halfWidth = (result.interval95.high - result.interval95.low) / 2;
  t.true(Math.abs(halfWidth / result.standardError - 1.96) < 0.4);
  t.is(result.n, numImages);
});

test('a seed gives the same interval, another seed another', (t) => {
  const run = (seed: number) =>
    pairedBootstrap(truth, { baseline: good, candidate: poor }, { resamples: 50, seed });
  t.deepEqual(run(4), run(4));
  t.notDeepEqual(run(4).interval95, run(5).interval95);
});

test('two equal sets differ by nothing, without doubt', (t) => {
  const { difference, standardError, interval95 } = pairedBootstrap(
    truth,
    { baseline: good, candidate: good },
    { resamples: 20 },
  );
  t.deepEqual(
    { difference, standardError, ...interval95 },
    { difference: 0, standardError: 0, low: 0, high: 0 },
  );
});

test('without truth everything is 0', (t) => {
  const result = pairedBootstrap(truthOf([]), { baseline: good, candidate: poor }, { resamples: 5 });
  t.like(result, { difference: 0, standardError: 0, interval95: { low: 0, high: 0 } });
});

test('the scope limits images and categories', (t) => {
  const scope = { imageIds: imageIds.slice(0, 20), categoryIds: [1] };
  const result = pairedBootstrap(truth, { baseline: good, candidate: poor }, { resamples: 5, ...scope });
  t.is(result.difference, cocoEvaluate(truth, poor, scope).AP - cocoEvaluate(truth, good, scope).AP);
  t.is(result.n, 20);
});

test('a weight counts an image as that many copies of it', (t) => {
  const random = createRandom(9);
  const weights = Uint16Array.from(imageIds, () => random.below(4));
  const copies = imageIds.flatMap((imageId) =>
    Array.from({ length: weights[imageId]! }, (_, copy) => ({ imageId, copy })),
  );
  const copyId = ({ imageId, copy }: { imageId: number; copy: number }) => imageId * 10 + copy;
  const copied = <T extends { readonly imageId: number }>(items: readonly T[]) =>
    copies.flatMap((copy) =>
      items
        .filter(({ imageId }) => imageId === copy.imageId)
        .map((item) => ({ ...item, imageId: copyId(copy) })),
    );
  const expected = cocoEvaluate(truthOf(copied(boxes), copies.map(copyId)), copied(poor)).AP;
  const weighted = matchCategories(truth, poor, { areas: ['all'] }).flatMap(({ byArea }) =>
    averagePrecisions(byArea.all!, weights),
  );
  t.true(Math.abs(meanOfPresent(weighted) - expected) < 1e-12);
});
