import test from 'ava';
import {
  biasOf,
  interval95,
  pairedResamples,
  resampleImages,
  standardErrorOf,
} from '../../../calibrate/evaluate/bootstrap.js';
import { createRandom } from '../../../calibrate/random.js';

const numImages = 40;
const random = createRandom(5);
const values = Array.from({ length: numImages }, () => random.uniform());

/** The mean over the images, each as often as its weight says. */
const meanOf = (of: readonly number[]) => (weights?: Uint16Array) => ({
  mean: of.reduce((sum, value, image) => sum + value * (weights?.[image] ?? 1), 0) / of.length,
});

test("the standard error of a mean is the spread of the images over their number's root", (t) => {
  const { mean } = resampleImages(meanOf(values), { numImages, resamples: 4000 });
  const spread = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean.value) ** 2, 0) / numImages / numImages,
  );
  t.true(Math.abs(standardErrorOf(mean) / spread - 1) < 0.05);
  const { low, high } = interval95(mean);
  t.true(low < mean.value && mean.value < high);
  t.true(Math.abs((high - low) / (2 * 1.96 * spread) - 1) < 0.08);
  t.true(Math.abs(biasOf(mean)) < spread / 10);
});

test('figures of the same images are drawn alike, so that what they share cancels in the difference', (t) => {
  const shifted = values.map((value) => value + 0.25);
  const of = (figure: readonly number[]) =>
    resampleImages(meanOf(figure), { numImages, resamples: 200 }).mean;
  const difference = pairedResamples(of(shifted), of(values));
  t.true(Math.abs(difference.value - 0.25) < 1e-12);
  t.true(standardErrorOf(difference) < 1e-12);
});

test('every draw has as many images as there are, and a seed decides which', (t) => {
  const counted = (weights?: Uint16Array) => ({
    images: weights?.reduce((sum, weight) => sum + weight, 0) ?? numImages,
    first: weights?.[0] ?? 1,
  });
  const options = { numImages, resamples: 50 };
  const once = resampleImages(counted, options);
  t.true(once.images.drawn.every((images) => images === numImages));
  t.deepEqual(resampleImages(counted, options), once);
  t.notDeepEqual(resampleImages(counted, { ...options, seed: 1 }), once);
});

test('one image leaves no doubt, for it is drawn every time', (t) => {
  const { mean } = resampleImages(meanOf([0.5]), { numImages: 1, resamples: 20 });
  t.deepEqual(interval95(mean), { low: 0.5, high: 0.5 });
});
