import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import { assertClose } from '../../../helpers/close.js';
import { floats, graphOutputs, readLocation } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

const logit = (p: number) => Math.log(p / (1 - p));

/** Two anchors over a map of 1 row and 2 columns on an input of 32 x 20 pixels; one class. */
function twoAnchors(scaleXY: number) {
  const manifest = testManifest({
    labels: ['cat'],
    input: { shape: [1, 3, 20, 32] },
    head: {
      type: 'yolov3',
      scaleXY,
      anchors: [
        [
          [10, 20],
          [30, 40],
        ],
      ],
      outputs: { maps: ['map'] },
    },
  });
  return createHead(manifest, graphOutputs({ map: [1, 12, 1, 2] }));
}

/** Channels of the second anchor at its two cells; those of the first are zero. */
const map = floats(
  [1, 12, 1, 2],
  [
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[0, logit(0.25)],
    ...[0, logit(0.75)],
    ...[0, Math.log(2)],
    ...[0, Math.log(0.5)],
    ...[0, logit(0.5)],
    ...[0, logit(0.4)],
  ],
);

test('centre, size and score follow the YOLOv3 formulas, channels being planes', (t) => {
  const head = twoAnchors(1);
  t.is(head.numLocations, 4);
  // Second anchor, second cell; strides 32 / 2 = 16 and 20 / 1 = 20.
  const read = readLocation(head, { map }, 3);
  assertClose(t, [read.bound, ...read.scores], { expected: [0.5, 0.5 * 0.4] });
  const [x, y, width, height] = [(0.25 + 1) * 16, (0.75 + 0) * 20, 30 * 2, 40 * 0.5];
  assertClose(t, read.box, { expected: [x - width / 2, y - height / 2, x + width / 2, y + height / 2] });
  // First anchor, first cell: centre (8, 10), size (10, 20), all sigmoids 0.5.
  assertClose(t, readLocation(head, { map }, 0).box, { expected: [3, 0, 13, 20] });
  assertClose(t, readLocation(head, { map }, 0).scores, { expected: [0.25] });
});

test('scaleXY stretches the centre about the middle of the cell', (t) => {
  const read = readLocation(twoAnchors(1.2), { map }, 3);
  const x = (0.25 * 1.2 - 0.1 + 1) * 16;
  assertClose(t, [(read.box[0]! + read.box[2]!) / 2], { expected: [x] });
});

test('anchors have to be listed once per map', (t) => {
  const manifest = testManifest({
    head: { type: 'yolov3', scaleXY: 1, anchors: [[[1, 1]]], outputs: { maps: ['a', 'b'] } },
  });
  t.throws(() => createHead(manifest, graphOutputs({})), {
    code: 'manifest_invalid',
    message: /head\.anchors.*2 lists.*got 1/,
  });
});

test('a map of unknown size is refused', (t) => {
  const manifest = testManifest({
    head: { type: 'yolov3', scaleXY: 1, anchors: [[[1, 1]]], outputs: { maps: ['map'] } },
  });
  t.throws(() => createHead(manifest, graphOutputs({ map: [1, 7, 'height', 'width'] })), {
    code: 'manifest_model_mismatch',
    message: /head\.outputs\.maps\.0.*fixed height and width.*\[1, 7, height, width\]/,
  });
});
