import test from 'ava';
import { iou, iouAt } from '../../../runtime/detector/iou.js';

test('IoU is intersection over union', (t) => {
  t.is(iou([0, 0, 4, 2], [2, 0, 6, 2]), 4 / (8 + 8 - 4));
  t.is(iou([0, 0, 4, 2], [0, 0, 4, 2]), 1);
});

test('boxes that only touch do not overlap', (t) => {
  t.is(iou([0, 0, 2, 2], [2, 0, 4, 2]), 0);
  t.is(iou([0, 0, 2, 2], [5, 5, 6, 6]), 0);
});

test('a box without area, inverted or NaN overlaps nothing, itself included', (t) => {
  t.is(iou([1, 1, 1, 3], [1, 1, 1, 3]), 0);
  t.is(iou([3, 3, 1, 1], [0, 0, 4, 4]), 0);
  t.is(iou([NaN, 0, 1, 1], [0, 0, 1, 1]), 0);
});

test('boxes of a flat list are found by their index', (t) => {
  const boxes = Float32Array.of(9, 9, 9, 9, 0, 0, 4, 2, 2, 0, 6, 2);
  t.is(iouAt(boxes, 1, 2), 4 / 12);
});
