import test from 'ava';
import { agreement } from '../../../calibrate/evaluate/agreement.js';
import type { Box, Detection } from '../../../runtime/detector/detection.js';

const detection = (score: number, box: Box, classId = 0): Detection => ({
  label: `${classId}`,
  classId,
  score,
  box,
});
const left: Box = [0, 0, 100, 100];
const right: Box = [200, 0, 300, 100];
const far: Box = [500, 500, 600, 600];
const options = { numClasses: 3 };

test('a detector agrees wholly with itself, weak detections included', (t) => {
  const images = [
    [detection(0.9, left), detection(0.1, right), detection(0.6, far, 2)],
    [],
    [detection(0.3, far)],
  ];
  t.deepEqual(agreement(images, images, options), {
    agreementMap: 1,
    f1: 1,
    lost: 0,
    ghosts: 0,
    meanIou: 1,
    scoreShift: 0,
    detections: 3,
    n: 3,
  });
});

test('counts lost and ghost detections, overlap and shift of score at the deployed threshold', (t) => {
  const reference = [[detection(0.9, left), detection(0.8, right)]];
  const candidate = [[detection(0.7, [0, 0, 100, 80]), detection(0.5, far), detection(0.29, right)]];
  const result = agreement(reference, candidate, options);
  t.is(result.lost, 1);
  t.is(result.ghosts, 1);
  t.is(result.f1, 0.5);
  t.is(result.meanIou, 0.8);
  t.true(Math.abs(result.scoreShift! + 0.2) < 1e-12);
});

test('a lower deployed threshold finds the weak detection', (t) => {
  const reference = [[detection(0.9, left), detection(0.8, right)]];
  const candidate = [[detection(0.9, left), detection(0.29, right)]];
  t.is(agreement(reference, candidate, { ...options, scoreThreshold: 0.25 }).f1, 1);
  t.is(agreement(reference, candidate, options).lost, 1);
});

test('pairs only within a class and only from IoU 0.5 on', (t) => {
  const reference = [[detection(0.9, left), detection(0.9, right)]];
  const candidate = [[detection(0.9, left, 1), detection(0.9, [200, 0, 300, 49])]];
  const { f1, lost, ghosts, meanIou, scoreShift } = agreement(reference, candidate, options);
  t.deepEqual(
    { f1, lost, ghosts, meanIou, scoreShift },
    { f1: 0, lost: 2, ghosts: 2, meanIou: null, scoreShift: null },
  );
});

test('the better candidate takes the reference detection, and each is taken once', (t) => {
  const reference = [[detection(0.9, left)]];
  const candidate = [[detection(0.5, left), detection(0.8, [0, 0, 100, 90])]];
  const { ghosts, meanIou } = agreement(reference, candidate, options);
  t.is(ghosts, 1);
  t.is(meanIou, 0.9);
});

test('a candidate pairs with the reference detection that it overlaps most', (t) => {
  const reference = [[detection(0.9, [0, 0, 100, 60]), detection(0.9, left)]];
  t.is(agreement(reference, [[detection(0.9, left)]], options).meanIou, 1);
});

test('the mAP averages over the ten IoU thresholds and the classes that have truth', (t) => {
  const reference = [[detection(0.9, left), detection(0.9, right, 1)]];
  // IoU 0.8 is a hit at .50 to .80, 7 of 10 thresholds; class 1 is found exactly; a ghost of class 2 does not count.
  const candidate = [[detection(0.9, [0, 0, 100, 80]), detection(0.9, right, 1), detection(0.9, far, 2)]];
  t.true(Math.abs(agreement(reference, candidate, options).agreementMap - (0.7 + 1) / 2) < 1e-12);
});

test('candidates on weak reference detections are not judged by the mAP, on nothing they are', (t) => {
  const reference = [[detection(0.9, left), detection(0.1, right)]];
  const onWeak = [[detection(0.95, right), detection(0.9, left)]];
  const onNothing = [[detection(0.95, far), detection(0.9, left)]];
  t.is(agreement(reference, onWeak, options).agreementMap, 1);
  t.is(agreement(reference, onNothing, options).agreementMap, 0.5);
  t.is(agreement([[detection(0.9, left), detection(0.04, far)]], onNothing, options).agreementMap, 0.5);
});

test('without a reference detection, silence agrees and a detection does not', (t) => {
  t.like(agreement([[], []], [[], [detection(0.2, left)]], options), {
    agreementMap: 1,
    f1: 1,
    lost: 0,
    ghosts: 0,
    n: 2,
  });
  t.like(agreement([[], []], [[], [detection(0.5, left)]], options), {
    agreementMap: 0,
    f1: 0,
    lost: 0,
    ghosts: 1,
  });
  t.like(agreement([], [], options), { agreementMap: 1, f1: 1, n: 0 });
});

test('refuses lists of different lengths', (t) => {
  t.throws(() => agreement([[]], [], options), {
    message: /expected as many candidate images .*\(1\), got 0/,
  });
});
