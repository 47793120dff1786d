import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import type { HeadManifest } from '../../../../runtime/detector/manifest.js';
import { assertClose } from '../../../helpers/close.js';
import { floats, graphOutputs, readLocation } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

// Input 16 x 8, strides 8 and 16: cells (0, 0) and (1, 0) of stride 8, then (0, 0) of stride 16.
const input = { shape: [1, 3, 8, 16] as [1, 3, number, number] };
const gfl = (outputs: Extract<HeadManifest, { type: 'gfl' }>['outputs'], cellOffset = 0): HeadManifest => ({
  type: 'gfl',
  strides: [8, 16],
  regMax: 1,
  cellOffset,
  outputs,
});
/** Logits whose softmax gives bin 1 the weight `w`: the distance is then `w` strides. */
const distance = (w: number) => [0, Math.log(w / (1 - w))];
const distances = [0.25, 0.5, 0.75, 0.5].flatMap(distance);
const zero = [0, 0, 0, 0, 0, 0, 0, 0];

test('a box is the cell less and plus the expected distances, in strides', (t) => {
  const head = createHead(
    testManifest({ input, head: gfl({ packed: 'packed' }) }),
    graphOutputs({ packed: [1, 3, 10] }),
  );
  const packed = floats(
    [1, 3, 10],
    [...[0.9, 0.1], ...zero, ...[0.2, 0.7], ...distances, ...[0, 0.3], ...distances],
  );
  t.is(head.numLocations, 3);
  const second = readLocation(head, { packed }, 1);
  assertClose(t, second.scores, { expected: [0.2, 0.7] });
  assertClose(t, [second.bound], { expected: [0.7] });
  // Cell (1, 0) of stride 8: centre (8, 0), distances 2, 4, 6, 4.
  assertClose(t, second.box, { expected: [8 - 2, 0 - 4, 8 + 6, 0 + 4] });
  // Cell (0, 0) of stride 16: centre (0, 0), distances 4, 8, 12, 8.
  assertClose(t, readLocation(head, { packed }, 2).box, { expected: [-4, -8, 12, 8] });
});

test('equal logits put each side at half of regMax', (t) => {
  const head = createHead(
    testManifest({ input, head: gfl({ packed: 'packed' }) }),
    graphOutputs({ packed: [1, 3, 10] }),
  );
  const packed = floats([1, 3, 10], [0, 0, ...zero, 0, 0, ...zero, 0, 0, ...zero]);
  assertClose(t, readLocation(head, { packed }, 0).box, { expected: [-4, -4, 4, 4] });
});

test('logits too large for exp still give a distance', (t) => {
  const head = createHead(
    testManifest({ input, head: gfl({ packed: 'packed' }) }),
    graphOutputs({ packed: [1, 3, 10] }),
  );
  const huge = [0, 2000, 2000, 0, 2000, 2000, -2000, 2000];
  const packed = floats([1, 3, 10], [0, 0, ...huge, 0, 0, ...zero, 0, 0, ...zero]);
  assertClose(t, readLocation(head, { packed }, 0).box, { expected: [-8, 0, 4, 8] });
});

test('cellOffset moves the centre by a part of the stride', (t) => {
  const head = createHead(
    testManifest({ input, head: gfl({ packed: 'packed' }, 0.5) }),
    graphOutputs({ packed: [1, 3, 10] }),
  );
  const packed = floats([1, 3, 10], [0, 0, ...zero, 0, 0, ...zero, 0, 0, ...zero]);
  assertClose(t, readLocation(head, { packed }, 1).box, { expected: [12 - 4, 4 - 4, 12 + 4, 4 + 4] });
});

test('tensors per stride read like one packed tensor', (t) => {
  const head = createHead(
    testManifest({ input, head: gfl({ scores: ['s8', 's16'], distances: ['d8', 'd16'] }) }),
    graphOutputs({ s8: [1, 2, 2], s16: [1, 1, 2], d8: [1, 2, 8], d16: [1, 1, 8] }),
  );
  const outputs = {
    s8: floats([1, 2, 2], [0.9, 0.1, 0.2, 0.7]),
    s16: floats([1, 1, 2], [0, 0.3]),
    d8: floats([1, 2, 8], [...zero, ...distances]),
    d16: floats([1, 1, 8], distances),
  };
  t.deepEqual(head.outputs, ['s8', 's16', 'd8', 'd16']);
  const second = readLocation(head, outputs, 1);
  assertClose(t, second.scores, { expected: [0.2, 0.7] });
  assertClose(t, second.box, { expected: [6, -4, 14, 4] });
  const third = readLocation(head, outputs, 2);
  assertClose(t, [third.bound, ...third.scores], { expected: [0.3, 0, 0.3] });
  assertClose(t, third.box, { expected: [-4, -8, 12, 8] });
});

test('maps per stride read like rows', (t) => {
  const manifest = testManifest({ input, head: gfl({ scores: ['s8', 's16'], distances: ['d8', 'd16'] }) });
  const head = createHead(
    manifest,
    graphOutputs({ s8: [1, 2, 1, 2], s16: [1, 2, 1, 1], d8: [1, 8, 1, 2], d16: [1, 8, 1, 1] }),
  );
  const outputs = {
    s8: floats([1, 2, 1, 2], [0.9, 0.2, 0.1, 0.7]),
    s16: floats([1, 2, 1, 1], [0, 0.3]),
    d8: floats(
      [1, 8, 1, 2],
      distances.flatMap((distance, k) => [zero[k]!, distance]),
    ),
    d16: floats([1, 8, 1, 1], distances),
  };
  const second = readLocation(head, outputs, 1);
  assertClose(t, second.scores, { expected: [0.2, 0.7] });
  assertClose(t, second.box, { expected: [6, -4, 14, 4] });
});

test('a list of tensors that is not one per stride is refused', (t) => {
  const manifest = testManifest({ input, head: gfl({ scores: ['s8'], distances: ['d8', 'd16'] }) });
  t.throws(() => createHead(manifest, graphOutputs({})), {
    code: 'manifest_invalid',
    message: /head\.outputs\.scores.*2 tensors.*got 1/,
  });
});
