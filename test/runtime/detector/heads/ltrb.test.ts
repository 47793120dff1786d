import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import type { HeadManifest } from '../../../../runtime/detector/manifest.js';
import { assertClose } from '../../../helpers/close.js';
import { floats, graphOutputs, readLocation } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

type Ltrb = Extract<HeadManifest, { type: 'ltrb' }>;

const logit = (p: number) => Math.log(p / (1 - p));

/** Input 16 x 8: two cells of stride 8, one of stride 16. */
const manifest = (parts: Partial<Ltrb> = {}) =>
  testManifest({
    labels: ['cat', 'dog'],
    input: { shape: [1, 3, 8, 16] },
    head: {
      type: 'ltrb',
      strides: [8, 16],
      cellOffset: 0.5,
      distanceUnit: 'stride',
      distanceActivation: 'none',
      scoreActivation: 'none',
      centernessMean: 'product',
      outputs: { scores: ['s8', 's16'], distances: ['d8', 'd16'] },
      ...parts,
    },
  });

test('a box lies about the centre of its cell, in strides', (t) => {
  const rows = { s8: [1, 2, 2], s16: [1, 1, 2], d8: [1, 2, 4], d16: [1, 1, 4] };
  const head = createHead(manifest(), graphOutputs(rows));
  const outputs = {
    s8: floats([1, 2, 2], [0, 0, 0.3, 0.6]),
    s16: floats([1, 1, 2], [0.5, 0.1]),
    d8: floats([1, 2, 4], [0, 0, 0, 0, 0.25, 0.5, 1, 2]),
    d16: floats([1, 1, 4], [0.5, 0.25, 0.5, 0.25]),
  };
  t.is(head.numLocations, 3);
  const second = readLocation(head, outputs, 1);
  assertClose(t, [second.bound, ...second.scores], { expected: [0.6, 0.3, 0.6] });
  assertClose(t, second.box, { expected: [12 - 2, 4 - 4, 12 + 8, 4 + 16] });
  assertClose(t, readLocation(head, outputs, 2).box, { expected: [0, 4, 16, 12] });
});

test('logits, activated distances in pixels and a centerness read from maps', (t) => {
  const outputs = { scores: ['s8', 's16'], distances: ['d8', 'd16'], centerness: ['c8', 'c16'] };
  const parts = { outputs, distanceUnit: 'pixel', scoreActivation: 'sigmoid' } as const;
  const maps = { s8: [1, 2, 1, 2], s16: [1, 2, 1, 1], d8: [1, 4, 1, 2], d16: [1, 4, 1, 1] };
  const declared = graphOutputs({ ...maps, c8: [1, 1, 1, 2], c16: [1, 1, 1, 1] });
  const tensors = {
    s8: floats([1, 2, 1, 2], [0, logit(0.5), 0, logit(0.8)]),
    s16: floats([1, 2, 1, 1], [0, 0]),
    d8: floats([1, 4, 1, 2], [0, 1, 0, 2, 0, -3, 0, 4]),
    d16: floats([1, 4, 1, 1], [0, 0, 0, 0]),
    c8: floats([1, 1, 1, 2], [0, logit(0.2)]),
    c16: floats([1, 1, 1, 1], [0]),
  };
  const relu = createHead(manifest({ ...parts, distanceActivation: 'relu' }), declared);
  const read = readLocation(relu, tensors, 1);
  assertClose(t, [read.bound, ...read.scores], { expected: [0.2, 0.1, 0.16] });
  assertClose(t, read.box, { expected: [11, 2, 12, 8] });
  const exp = createHead(
    manifest({ ...parts, distanceActivation: 'exp', centernessMean: 'geometric' }),
    declared,
  );
  const roots = readLocation(exp, tensors, 1);
  assertClose(t, roots.scores, { expected: [Math.sqrt(0.1), Math.sqrt(0.16)] });
  const [left, top, right, bottom] = [1, 2, -3, 4].map(Math.exp);
  assertClose(t, roots.box, { expected: [12 - left!, 4 - top!, 12 + right!, 4 + bottom!] });
});

test('one packed tensor reads with and without a centerness, as its width says', (t) => {
  const packed = manifest({ outputs: { packed: 'packed' } });
  const head = createHead(packed, graphOutputs({ packed: [1, 3, 6] }));
  const zero = [0, 0, 0, 0, 0, 0];
  const plain = readLocation(
    head,
    { packed: floats([1, 3, 6], [...zero, 1, 1, 2, 2, 0.7, 0.2, ...zero]) },
    1,
  );
  assertClose(t, plain.scores, { expected: [0.7, 0.2] });
  assertClose(t, plain.box, { expected: [4, -4, 28, 20] });
  const centred = createHead(packed, graphOutputs({ packed: [1, 3, 7] }));
  const row = [1, 1, 1, 1, 0.5, 0.7, 0.2];
  t.deepEqual(centred.outputs, ['packed']);
  const read = readLocation(centred, { packed: floats([1, 3, 7], [...row, ...row, ...row]) }, 2);
  assertClose(t, [read.bound, ...read.scores], { expected: [0.5, 0.35, 0.1] });
  assertClose(t, read.box, { expected: [-8, -8, 24, 24] });
  t.throws(() => createHead(packed, graphOutputs({ packed: [1, 3, 8] })), {
    code: 'manifest_model_mismatch',
    message: /\[1, 3, 6\], or 7 with a centerness.*\[1, 3, 8\]/,
  });
});
