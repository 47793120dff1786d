import test from 'ava';
import { coco80CategoryIds, coco80Names, labelNames } from '../../../runtime/detector/labels.js';

test('coco80 has 80 names and rising category ids from 1 to 90', (t) => {
  t.is(new Set(coco80Names).size, 80);
  t.is(coco80CategoryIds.length, 80);
  t.deepEqual([coco80CategoryIds[0], coco80CategoryIds[79]], [1, 90]);
  t.true(coco80CategoryIds.every((id, i) => i === 0 || id > coco80CategoryIds[i - 1]!));
});

test('a manifest names its classes or the COCO set', (t) => {
  t.is(labelNames('coco80')[79], 'toothbrush');
  t.deepEqual(labelNames(['cat', 'dog']), ['cat', 'dog']);
});
