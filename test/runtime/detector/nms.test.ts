import test from 'ava';
import { nms } from '../../../runtime/detector/nms.js';

const options = { iouThreshold: 0.5, maxDetections: 100, classAware: true };

/** Rows of `[score, classId, x1, y1, x2, y2]`. */
function scored(...rows: readonly (readonly [number, number, number, number, number, number])[]) {
  return {
    count: rows.length,
    scores: Float32Array.from(rows, ([score]) => score),
    classIds: Uint16Array.from(rows, ([, classId]) => classId),
    boxes: Float32Array.from(rows.flatMap((row) => row.slice(2))),
  };
}

test('of overlapping boxes the one of the highest score stays', (t) => {
  const boxes = scored([0.5, 0, 0, 0, 10, 10], [0.9, 0, 1, 0, 11, 10], [0.7, 0, 50, 0, 60, 10]);
  t.deepEqual(nms(boxes, options), [1, 2]);
});

test('an overlap of exactly the threshold is no overlap', (t) => {
  // Intersection 2, union 4.
  const boxes = scored([0.9, 0, 0, 0, 3, 1], [0.8, 0, 1, 0, 4, 1]);
  t.deepEqual(nms(boxes, { ...options, iouThreshold: 0.5 }), [0, 1]);
  t.deepEqual(nms(boxes, { ...options, iouThreshold: 0.49 }), [0]);
});

test('equal scores are visited by index', (t) => {
  const boxes = scored([0.5, 0, 0, 0, 10, 10], [0.5, 0, 1, 0, 11, 10], [0.5, 0, 50, 0, 60, 10]);
  t.deepEqual(nms(boxes, options), [0, 2]);
});

test('scores one float apart keep their order', (t) => {
  const score = Math.fround(0.3);
  const next = new Float32Array(
    Int32Array.of(new Int32Array(Float32Array.of(score).buffer)[0]! + 1).buffer,
  )[0]!;
  t.deepEqual(nms(scored([score, 0, 0, 0, 1, 1], [next, 0, 5, 5, 6, 6]), options), [1, 0]);
  t.deepEqual(nms(scored([0, 0, 0, 0, 1, 1], [1, 0, 5, 5, 6, 6]), options), [1, 0]);
});

test('classes compete only where NMS is not class-aware', (t) => {
  const boxes = scored([0.5, 0, 0, 0, 10, 10], [0.9, 1, 0, 0, 10, 10]);
  t.deepEqual(nms(boxes, options), [1, 0]);
  t.deepEqual(nms(boxes, { ...options, classAware: false }), [1]);
});

test('a suppressed box suppresses nothing', (t) => {
  const chain = scored([0.9, 0, 0, 0, 10, 1], [0.8, 0, 3, 0, 13, 1], [0.7, 0, 6, 0, 16, 1]);
  t.deepEqual(nms(chain, options), [0, 2]);
});

test('boxes without area or with NaN are dropped', (t) => {
  const boxes = scored(
    [0.9, 0, 5, 5, 5, 9],
    [0.8, 0, NaN, 0, 1, 1],
    [0.7, 0, 4, 4, 3, 3],
    [0.1, 0, 0, 0, 1, 1],
  );
  t.deepEqual(nms(boxes, options), [3]);
});

test('at most maxDetections boxes are kept, the best', (t) => {
  const boxes = scored([0.1, 0, 0, 0, 1, 1], [0.3, 0, 2, 0, 3, 1], [0.2, 0, 4, 0, 5, 1]);
  t.deepEqual(nms(boxes, { ...options, maxDetections: 2 }), [1, 2]);
});

test('no boxes give no boxes', (t) => {
  t.deepEqual(nms(scored(), options), []);
});
