import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import { assertClose } from '../../../helpers/close.js';
import { floats, graphOutputs, readLocation } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

test('centre, size and score follow the YOLOX formulas', (t) => {
  // Input 16 x 16: cells (0, 0), (1, 0), (0, 1), (1, 1) of stride 8, then (0, 0) of stride 16.
  const manifest = testManifest({
    input: { shape: [1, 3, 16, 16] },
    head: { type: 'yolox', strides: [8, 16], outputs: { packed: 'packed' } },
  });
  const head = createHead(manifest, graphOutputs({ packed: [1, 5, 7] }));
  const blank = [0, 0, 0, 0, 0, 0, 0];
  const row = [0.25, 0.5, Math.log(2), 0, 0.5, 0.8, 0.1];
  const packed = floats([1, 5, 7], [...blank, ...blank, ...row, ...blank, ...row]);

  const cell = readLocation(head, { packed }, 2);
  assertClose(t, cell.scores, { expected: [0.5 * 0.8, 0.5 * 0.1] });
  assertClose(t, [cell.bound], { expected: [0.5] });
  // Centre ((0.25 + 0) * 8, (0.5 + 1) * 8) = (2, 12), size (16, 8).
  assertClose(t, cell.box, { expected: [2 - 8, 12 - 4, 2 + 8, 12 + 4] });
  // Stride 16: centre (4, 8), size (32, 16).
  assertClose(t, readLocation(head, { packed }, 4).box, { expected: [-12, 0, 20, 16] });
});

test('an input that no stride divides has cells for the remainder', (t) => {
  const manifest = testManifest({ input: { shape: [1, 3, 9, 17] } });
  t.is(createHead(manifest, graphOutputs({ packed: [1, 6, 7] })).numLocations, 2 * 3);
});
