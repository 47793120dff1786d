import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import type { HeadManifest } from '../../../../runtime/detector/manifest.js';
import { assertClose } from '../../../helpers/close.js';
import { floats, graphOutputs, readLocation } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

const manifest = (head: HeadManifest) => testManifest({ labels: ['cat', 'dog'], head });
const yolov8 = (parts: Partial<Extract<HeadManifest, { type: 'yolov8' }>> = {}) =>
  manifest({ type: 'yolov8', boxFormat: 'xywh', boxUnit: 'pixel', outputs: { packed: 'packed' }, ...parts });
const yolov5 = manifest({
  type: 'yolov5',
  boxFormat: 'xywh',
  boxUnit: 'pixel',
  outputs: { packed: 'packed' },
});

test('yolov8 columns are centre, size and classes', (t) => {
  const head = createHead(yolov8(), graphOutputs({ packed: [1, 6, 3] }));
  t.is(head.numLocations, 3);
  const packed = floats([1, 6, 3], [0, 10, 0, 0, 20, 0, 0, 4, 0, 0, 8, 0, 0, 0.3, 0, 0, 0.9, 0]);
  const read = readLocation(head, { packed }, 1);
  assertClose(t, read.box, { expected: [8, 16, 12, 24] });
  assertClose(t, [read.bound, ...read.scores], { expected: [0.9, 0.3, 0.9] });
});

test('yolov8 rows read like columns, and corners as they are', (t) => {
  const head = createHead(yolov8({ boxFormat: 'xyxy' }), graphOutputs({ packed: [1, 2, 6] }));
  t.is(head.numLocations, 2);
  const read = readLocation(head, { packed: floats([1, 2, 6], [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0.3, 0.1]) }, 1);
  assertClose(t, read.box, { expected: [1, 2, 3, 4] });
  assertClose(t, [read.bound, ...read.scores], { expected: [0.3, 0.3, 0.1] });
});

test('boxes in fractions of the input become pixels', (t) => {
  const head = createHead(yolov8({ boxUnit: 'fraction' }), graphOutputs({ packed: [1, 1, 6] }));
  const read = readLocation(head, { packed: floats([1, 1, 6], [0.5, 0.25, 0.5, 0.25, 0.3, 0.1]) }, 0);
  assertClose(t, read.box, { expected: [2, 1, 6, 3] });
});

test('yolov8 boxes and scores may be two tensors, each in rows or columns', (t) => {
  const two = yolov8({ boxFormat: 'xyxy', outputs: { boxes: 'boxes', scores: 'scores' } });
  const head = createHead(two, graphOutputs({ boxes: [1, 3, 4], scores: [1, 2, 3] }));
  t.deepEqual(head.outputs, ['boxes', 'scores']);
  const outputs = {
    boxes: floats([1, 3, 4], [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]),
    scores: floats([1, 2, 3], [0, 0.6, 0, 0, 0.7, 0]),
  };
  const read = readLocation(head, outputs, 1);
  assertClose(t, read.box, { expected: [1, 2, 3, 4] });
  assertClose(t, read.scores, { expected: [0.6, 0.7] });
  t.throws(() => createHead(two, graphOutputs({ boxes: [1, 3, 4], scores: [1, 2, 5] })), {
    code: 'manifest_model_mismatch',
    message: /head\.outputs\.scores.*3 locations.*got 5/,
  });
});

test('yolov5 scores are objectness times class', (t) => {
  const head = createHead(yolov5, graphOutputs({ packed: [1, 2, 7] }));
  const packed = floats([1, 2, 7], [0, 0, 0, 0, 0, 1, 1, 10, 20, 4, 8, 0.5, 0.4, 0.8]);
  const read = readLocation(head, { packed }, 1);
  assertClose(t, read.box, { expected: [8, 16, 12, 24] });
  assertClose(t, [read.bound, ...read.scores], { expected: [0.5, 0.2, 0.4] });
  assertClose(t, readLocation(head, { packed }, 0).scores, { expected: [0, 0] });
});

test('a packed tensor of another width, or of no fixed number of boxes, is refused', (t) => {
  t.throws(() => createHead(yolov8(), graphOutputs({ packed: [1, 84, 100] })), {
    code: 'manifest_model_mismatch',
    message: /head\.outputs\.packed.*\[1, 6, N\] or \[1, N, 6\].*\[1, 84, 100\]/,
  });
  t.throws(() => createHead(yolov5, graphOutputs({ packed: [1, 'boxes', 7] })), {
    code: 'manifest_model_mismatch',
    message: /fixed N.*\[1, boxes, 7\]/,
  });
});
