import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import type { HeadManifest } from '../../../../runtime/detector/manifest.js';
import { assertClose } from '../../../helpers/close.js';
import { floats, graphOutputs, readLocation } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

type Retinanet = Extract<HeadManifest, { type: 'retinanet' }>;

const logit = (p: number) => Math.log(p / (1 - p));

/** Input 16 x 8: two cells of stride 8 with two ratios and two sizes, one cell of stride 16 with one anchor. */
const manifest = (parts: Partial<Retinanet> = {}) =>
  testManifest({
    labels: ['cat', 'dog'],
    input: { shape: [1, 3, 8, 16] },
    head: {
      type: 'retinanet',
      levels: [
        { stride: 8, sizes: [6, 12], ratios: [1, 4] },
        { stride: 16, sizes: [32], ratios: [1] },
      ],
      cellOffset: 0.5,
      anchorOrder: 'ratio-size',
      deltaOrder: 'xywh',
      variances: [1, 1, 1, 1],
      maxLogScale: 4,
      scoreActivation: 'sigmoid',
      outputs: { scores: ['s8', 's16'], deltas: ['d8', 'd16'] },
      ...parts,
    },
  });
const maps = { s8: [1, 8, 1, 2], s16: [1, 2, 1, 1], d8: [1, 16, 1, 2], d16: [1, 4, 1, 1] };

/** Anchor 2 (ratio 4, size 6) of the second cell; the channels of everything else are zero. */
const [dx, dy, dw, dh] = [0.5, -0.25, Math.log(2), Math.log(0.5)];
const planes = (count: number, channel: number, values: readonly number[]) =>
  Array.from({ length: count }, (_, at) => [0, values[at - channel] ?? 0]).flat();
const outputs = {
  s8: floats([1, 8, 1, 2], planes(8, 4, [logit(0.9), logit(0.2)])),
  s16: floats([1, 2, 1, 1], [logit(0.3), logit(0.7)]),
  d8: floats([1, 16, 1, 2], planes(16, 8, [dx, dy, dw, dh])),
  d16: floats([1, 4, 1, 1], [0, 0, 0, 9]),
};

test('deltas move and scale the anchor of their location, ratios going before sizes', (t) => {
  const head = createHead(manifest(), graphOutputs(maps));
  t.is(head.numLocations, 2 * 4 + 1);
  t.deepEqual(head.outputs, ['s8', 's16', 'd8', 'd16']);
  const read = readLocation(head, outputs, 4 + 2);
  assertClose(t, [read.bound, ...read.scores], { expected: [0.9, 0.9, 0.2] });
  // Centre (12, 4); size 6 at ratio 4: 3 wide, 12 high.
  const [x, y, width, height] = [12 + dx * 3, 4 + dy * 12, 3 * 2, 12 * 0.5];
  assertClose(t, read.box, { expected: [x - width / 2, y - height / 2, x + width / 2, y + height / 2] });
  // Without deltas the box is the anchor: ratio 1, size 12 about (4, 4).
  assertClose(t, readLocation(head, outputs, 1).box, { expected: [-2, -2, 10, 10] });
});

test('a scale is cut at exp(maxLogScale)', (t) => {
  const head = createHead(manifest({ maxLogScale: Math.log(3) }), graphOutputs(maps));
  assertClose(t, readLocation(head, outputs, 8).box, { expected: [8 - 16, 8 - 48, 8 + 16, 8 + 48] });
});

test('rows per location read like maps', (t) => {
  const rows = { s8: [1, 8, 2], s16: [1, 1, 2], d8: [1, 8, 4], d16: [1, 1, 4] };
  const head = createHead(manifest(), graphOutputs(rows));
  const place = (length: number, at: number, values: readonly number[]) =>
    Array.from({ length }, (_, i) => values[i - at] ?? 0);
  const read = readLocation(
    head,
    {
      s8: floats([1, 8, 2], place(16, 2 * 6, [logit(0.9), logit(0.2)])),
      s16: floats([1, 1, 2], [0, 0]),
      d8: floats([1, 8, 4], place(32, 4 * 6, [dx, dy, dw, dh])),
      d16: floats([1, 1, 4], [0, 0, 0, 0]),
    },
    6,
  );
  const fromMaps = readLocation(createHead(manifest(), graphOutputs(maps)), outputs, 6);
  t.deepEqual(read, fromMaps);
});

test('order, offset, variances and activation follow the manifest', (t) => {
  const head = createHead(
    manifest({
      anchorOrder: 'size-ratio',
      cellOffset: 0,
      variances: [0.1, 0.2, 1, 2],
      scoreActivation: 'none',
    }),
    graphOutputs(maps),
  );
  // Anchor 2 is now size 12 at ratio 1, about (8, 0).
  const [x, y, width, height] = [8 + 0.1 * dx * 12, 0.2 * dy * 12, 24, 12 * 0.25];
  const read = readLocation(head, outputs, 6);
  assertClose(t, read.box, { expected: [x - width / 2, y - height / 2, x + width / 2, y + height / 2] });
  assertClose(t, [read.bound, ...read.scores], { expected: [logit(0.9), logit(0.9), logit(0.2)] });
});

test('deltas may have y before x, and an anchor may be given by its sides', (t) => {
  const levels = [
    { stride: 8, sizes: [6, 12], ratios: [1, [1.5, 0.5]] satisfies Retinanet['levels'][number]['ratios'] },
    { stride: 16, sizes: [32], ratios: [1] },
  ];
  const head = createHead(manifest({ levels, deltaOrder: 'yxhw' }), graphOutputs(maps));
  // Anchor 2 of the second cell: size 6, 9 wide and 3 high about (12, 4).
  const [x, y, width, height] = [12 + dy * 9, 4 + dx * 3, 9 * 0.5, 3 * 2];
  const { box } = readLocation(head, outputs, 6);
  assertClose(t, box, { expected: [x - width / 2, y - height / 2, x + width / 2, y + height / 2] });
});

test('tensors that are not one per level, or of other channels, are refused', (t) => {
  const short = manifest({ outputs: { scores: ['s8'], deltas: ['d8', 'd16'] } });
  t.throws(() => createHead(short, graphOutputs(maps)), {
    code: 'manifest_invalid',
    message: /head\.outputs\.scores.*2 tensors.*got 1/,
  });
  t.throws(() => createHead(manifest(), graphOutputs({ ...maps, d8: [1, 1, 2, 16] })), {
    code: 'manifest_model_mismatch',
    message: /head\.outputs\.deltas\.0.*\[1, 16, rows, columns\].*\[1, 1, 2, 16\]/,
  });
  t.throws(() => createHead(manifest(), graphOutputs({ ...maps, s16: [2] })), {
    code: 'manifest_model_mismatch',
  });
});
