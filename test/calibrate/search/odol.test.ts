import test from 'ava';
import { Odol } from '../../../calibrate/search/odol.js';
import { mean } from '../../../calibrate/search/paired.js';
import { boxHead, boxOutputs, type Location } from '../../helpers/boxHead.js';
import { seededRandom } from '../../helpers/random.js';

const numClasses = 3;
type Box = Location['box'];

function randomImage(seed: number, count = 80): Location[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const [x, y] = [random() * 100, random() * 100];
    const scores = Array.from({ length: numClasses }, () => random() ** 4);
    return { scores, box: [x, y, x + 4 + random() * 40, y + 4 + random() * 40] };
  });
}

function disturbed(image: readonly Location[], strength: number, seed: number): Location[] {
  const random = seededRandom(seed);
  const noise = () => strength * (2 * random() - 1);
  return image.map(({ scores, box }) => ({
    scores: scores.map((score) => Math.min(1, Math.max(0, score + noise()))),
    box: box.map((side) => side + 20 * noise()) as unknown as Box,
  }));
}

function odolOver(images: readonly (readonly Location[])[]): Odol {
  const odol = new Odol(boxHead(images[0]!.length, numClasses));
  for (const image of images) odol.addReference(boxOutputs(image));
  return odol;
}

/** The terms of one image with one location that matters. */
function single(float: Location, quantized: Location) {
  return odolOver([[float]]).terms(0, boxOutputs([quantized]));
}

const object = (box: Box, score = 0.8): Location => ({ scores: [score, 0, 0], box });

/** By the definition (arXiv 1902.09630), for proper boxes. */
function giou(a: Box, b: Box): number {
  const area = ([x1, y1, x2, y2]: Box) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
  const inside = (i: number) => Math.max(a[i]!, b[i]!);
  const outside = (i: number) => Math.min(a[i]!, b[i]!);
  const intersection = area([inside(0), inside(1), outside(2), outside(3)]);
  const hull = area([outside(0), outside(1), inside(2), inside(3)]);
  const union = area(a) + area(b) - intersection;
  return intersection / union - (hull - union) / hull;
}

test('the float network loses nothing, exactly', (t) => {
  const images = [randomImage(1), randomImage(2), randomImage(3)];
  const odol = odolOver(images);
  for (const [i, image] of images.entries()) {
    t.deepEqual(odol.terms(i, boxOutputs(image)), { classification: 0, localization: 0 });
    t.is(odol.value(odol.terms(i, boxOutputs(image))), 0);
  }
});

test('boxes without area lose nothing either where they are equal', (t) => {
  for (const box of [
    [5, 5, 5, 5],
    [5, 5, 9, 5],
    [9, 9, 5, 5],
  ] as const) {
    t.is(single(object(box), object(box)).localization, 0);
  }
});

test('the loss grows with the disturbance of scores and boxes', (t) => {
  const images = [randomImage(1), randomImage(2)];
  const odol = odolOver(images);
  const losses = [0.005, 0.01, 0.02, 0.05, 0.1, 0.3].map((strength) =>
    mean(images.map((image, i) => odol.value(odol.terms(i, boxOutputs(disturbed(image, strength, 9)))))),
  );
  t.true(losses[0]! > 0);
  for (let i = 1; i < losses.length; i++) t.true(losses[i]! > losses[i - 1]!, String(losses));
});

test('the order of the images is immaterial', (t) => {
  const images = [1, 2, 3, 4].map((seed) => randomImage(seed));
  const quantized = images.map((image, i) => disturbed(image, 0.1, i));
  const lossOf = (order: readonly number[]) => {
    const odol = odolOver(order.map((i) => images[i]!));
    return order.map((i, position) => odol.value(odol.terms(position, boxOutputs(quantized[i]!))));
  };
  const [forwards, shuffled] = [lossOf([0, 1, 2, 3]), lossOf([2, 0, 3, 1])];
  for (const [position, i] of [2, 0, 3, 1].entries()) {
    t.true(Math.abs(shuffled[position]! / forwards[i]! - 1) < 1e-12);
  }
});

test('the localization is score times one minus the generalized IoU', (t) => {
  const box: Box = [10, 10, 30, 20];
  const others: Box[] = [
    [12, 10, 32, 20],
    [10, 10, 20, 20],
    [15, 12, 25, 18],
    [30, 10, 50, 20],
    [60, 70, 80, 90],
  ];
  for (const other of others) {
    const { localization } = single(object(box), object(other));
    t.true(Math.abs(localization - 0.8 * (1 - giou(box, other))) < 1e-5, String(other));
  }
});

test('boxes further apart lose more, up to twice their score', (t) => {
  const at = (x: number) => single(object([0, 0, 10, 10]), object([x, 0, x + 10, 10])).localization;
  for (const x of [5, 10, 20, 100, 1e6]) t.true(at(x) > at(x / 2), String(x));
  t.true(at(1e6) <= 1.6 && at(1e6) > 1.59);
});

test('a box with NaN or infinity or without area counts as disjoint', (t) => {
  const box: Box = [0, 0, 10, 10];
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  for (const broken of [
    [nan, 0, 10, 10],
    [nan, nan, nan, nan],
    [-infinity, -infinity, infinity, infinity],
  ] as const) {
    t.true(Math.abs(single(object(box), object(broken)).localization - 1.6) < 1e-6, String(broken));
  }
  t.true(single(object(box), object([5, 5, 5, 5])).localization >= 0.8);
  t.true(single(object(box), object([10, 10, 0, 0])).localization >= 0.8);
});

test('the classification is the squared difference times the cross-entropy, over all classes', (t) => {
  const [float, quantized] = [
    [0.8, 0.1, 0.02],
    [0.6, 0.3, 0.02],
  ] as const;
  const box: Box = [0, 0, 10, 10];
  let expected = 0;
  for (const [c, p] of float.entries()) {
    const q = quantized[c]!;
    expected += (p - q) ** 2 * (-p * Math.log(q) - (1 - p) * Math.log(1 - q));
  }
  const { classification } = single({ scores: float, box }, { scores: quantized, box });
  t.true(Math.abs(classification / expected - 1) < 1e-3, `${classification} ${expected}`);
});

test('scores of NaN are a finite loss, as bad as certainty', (t) => {
  const box: Box = [0, 0, 10, 10];
  const of = (score: number) => single(object(box, 0.1), object(box, score)).classification;
  t.true(Number.isFinite(of(Number.NaN)));
  t.is(of(Number.NaN), of(1));
  t.true(of(Number.NaN) > of(0.9));
});

test('where the quantized network newly fires, it is counted, though float is silent there', (t) => {
  const silent = Array.from({ length: 200 }, (): Location => ({ scores: [0, 0, 0], box: [0, 0, 9, 9] }));
  const image = [...silent, object([20, 20, 40, 40])];
  // The best 50 count in any case; location 150 is not among them.
  const ghost = image.with(150, object([0, 0, 9, 9], 0.9));
  const odol = odolOver([image]);
  t.is(odol.terms(0, boxOutputs(image)).classification, 0);
  t.true(odol.terms(0, boxOutputs(ghost)).classification > 0.8);
  t.is(odol.terms(0, boxOutputs(ghost)).localization, 0);
  t.is(odol.terms(0, boxOutputs(image.with(150, object([0, 0, 9, 9], 0.04)))).classification, 0);
});

test('an image on which the float network sees nothing does not divide by zero', (t) => {
  const nothing = Array.from({ length: 60 }, (): Location => ({ scores: [0, 0, 0], box: [0, 0, 9, 9] }));
  const odol = odolOver([nothing]);
  t.is(odol.value(odol.terms(0, boxOutputs(nothing))), 0);
  const fires = nothing.with(7, object([0, 0, 9, 9], 0.5));
  t.true(Number.isFinite(odol.value(odol.terms(0, boxOutputs(fires)))));
});

test('a blank image beside others is weighed by what all images hold', (t) => {
  const nothing = Array.from({ length: 80 }, (): Location => ({ scores: [0, 0, 0], box: [0, 0, 9, 9] }));
  const odol = odolOver([randomImage(1), nothing]);
  const fires = nothing.with(7, object([0, 0, 9, 9], 0.5));
  const value = odol.value(odol.terms(1, boxOutputs(fires)));
  t.true(value > 0 && value < 0.2, String(value));
});

test('after balancing, both parts weigh alike over the images', (t) => {
  const images = [randomImage(1), randomImage(2), randomImage(3)];
  const odol = odolOver(images);
  const terms = images.map((image, i) => odol.terms(i, boxOutputs(disturbed(image, 0.1, i))));
  odol.balance(terms);
  const classification = mean(terms.map((term) => term.classification));
  const localization = mean(terms.map((term) => term.localization));
  t.true(Math.abs((odol.lambda * localization) / classification - 1) < 1e-12);
});

test('without a loss in either part there is nothing to balance', (t) => {
  const odol = odolOver([randomImage(1)]);
  for (const terms of [
    [],
    [{ classification: 0, localization: 0 }],
    [{ classification: 1, localization: 0 }],
    [{ classification: 0, localization: 1 }],
  ]) {
    odol.lambda = 5;
    odol.balance(terms);
    t.is(odol.lambda, 1);
  }
});

test('the same image counts the same whichever others stand beside it, up to their common unit', (t) => {
  const [a, b] = [randomImage(1), randomImage(2)];
  const quantized = boxOutputs(disturbed(a, 0.1, 3));
  t.deepEqual(odolOver([a]).terms(0, quantized), odolOver([b, a]).terms(1, quantized));
});
