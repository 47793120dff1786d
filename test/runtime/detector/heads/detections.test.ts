import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import type { HeadManifest } from '../../../../runtime/detector/manifest.js';
import { assertClose } from '../../../helpers/close.js';
import { floats, graphOutputs, readLocation } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

type Detections = Extract<HeadManifest, { type: 'detections' }>;

const usual: Detections['columns'] = ['x1', 'y1', 'x2', 'y2', 'score', 'class'];
const manifest = (parts: Partial<Detections> = {}, iouThreshold = 1) =>
  testManifest({
    labels: ['cat', 'dog'],
    input: { shape: [1, 3, 100, 200] },
    head: { type: 'detections', columns: usual, boxUnit: 'pixel', outputs: { packed: 'out' }, ...parts },
    postprocess: { iouThreshold },
  });

test('a row is a box with one score, that of its class', (t) => {
  const head = createHead(manifest(), graphOutputs({ out: [1, 2, 6] }));
  t.is(head.numLocations, 2);
  const out = floats([1, 2, 6], [1, 2, 3, 4, 0.8, 1, 5, 6, 7, 8, 0.3, 0]);
  assertClose(t, readLocation(head, { out }, 0).scores, { expected: [0, 0.8] });
  const second = readLocation(head, { out }, 1);
  assertClose(t, [second.bound, ...second.scores], { expected: [0.3, 0.3, 0] });
  assertClose(t, second.box, { expected: [5, 6, 7, 8] });
});

test('columns of another order and boxes in fractions of the input follow the manifest', (t) => {
  const head = createHead(
    manifest({ columns: ['ignored', 'class', 'score', 'x1', 'y1', 'x2', 'y2'], boxUnit: 'fraction' }),
    graphOutputs({ out: [1, 1, 2, 7] }),
  );
  const out = floats([1, 1, 2, 7], [0, 1, 0.8, 0.1, 0.2, 0.5, 0.9, -1, 0, 0, 0, 0, 0, 0]);
  const first = readLocation(head, { out }, 0);
  assertClose(t, first.scores, { expected: [0, 0.8] });
  assertClose(t, first.box, { expected: [20, 20, 100, 90] });
});

test('boxes may be centre and size', (t) => {
  const head = createHead(
    manifest({ columns: ['cx', 'cy', 'w', 'h', 'score', 'class'], boxUnit: 'fraction' }),
    graphOutputs({ out: [1, 1, 6] }),
  );
  const out = floats([1, 1, 6], [0.5, 0.4, 0.2, 0.4, 0.8, 1]);
  assertClose(t, readLocation(head, { out }, 0).box, { expected: [80, 20, 120, 60] });
});

test('a class that is none of the labels scores nothing', (t) => {
  const head = createHead(manifest(), graphOutputs({ out: [1, 3, 6] }));
  const row = (classId: number) => [1, 2, 3, 4, 0.8, classId];
  const out = floats([1, 3, 6], [...row(2), ...row(-1), ...row(Number.NaN)]);
  for (const location of [0, 1, 2]) t.deepEqual(readLocation(head, { out }, location).scores, [0, 0]);
});

test('a second suppression and a missing column are refused with their key', (t) => {
  t.throws(() => createHead(manifest({}, 0.5), graphOutputs({ out: [1, 2, 6] })), {
    code: 'manifest_invalid',
    message: /postprocess\.iouThreshold.*expected 1/,
  });
  const without = manifest({ columns: ['x1', 'y1', 'x2', 'y2', 'score', 'ignored'] });
  t.throws(() => createHead(without, graphOutputs({ out: [1, 2, 6] })), {
    code: 'manifest_invalid',
    message: /head\.columns.*none for class/,
  });
});
