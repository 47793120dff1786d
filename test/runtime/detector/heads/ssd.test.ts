import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import type { HeadManifest } from '../../../../runtime/detector/manifest.js';
import { assertClose } from '../../../helpers/close.js';
import { floats, graphOutputs, readLocation } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

/** Two priors at each of two cells: (0, 0), (1, 0), with step 16 and offset 0.5. */
const ssd = (changes: Partial<Extract<HeadManifest, { type: 'ssd' }>> = {}): HeadManifest => ({
  type: 'ssd',
  variances: [0.1, 0.1, 0.2, 0.2],
  priors: [{ featureMap: [1, 2], step: 16, offset: 0.5, widths: [8, 10], heights: [20, 30] }],
  background: 0,
  outputs: { boxes: 'boxes', scores: 'scores' },
  ...changes,
});
const outputs = graphOutputs({ boxes: [1, 16], scores: [1, 12] });
const zero = [0, 0, 0, 0];

test('a box is its prior, moved and scaled by the deltas times the variances', (t) => {
  const head = createHead(testManifest({ head: ssd() }), outputs);
  t.is(head.numLocations, 4);
  const deltas = [1, -2, Math.log(2) / 0.2, 0];
  const boxes = floats([1, 16], [...zero, ...zero, ...zero, ...deltas]);
  const scores = floats([1, 12], [1, 0, 0, 1, 0, 0, 1, 0, 0, 0.2, 0.5, 0.3]);
  const read = readLocation(head, { boxes, scores }, 3);
  assertClose(t, [read.bound, ...read.scores], { expected: [0.5, 0.5, 0.3] });
  // Prior: centre (24, 8), size (10, 30).
  const [x, y, width, height] = [24 + 0.1 * 1 * 10, 8 - 0.1 * 2 * 30, 10 * 2, 30];
  assertClose(t, read.box, { expected: [x - width / 2, y - height / 2, x + width / 2, y + height / 2] });
  assertClose(t, readLocation(head, { boxes, scores }, 0).box, { expected: [8 - 4, 8 - 10, 8 + 4, 8 + 10] });
});

test('class ids skip the background wherever it stands', (t) => {
  const boxes = floats([1, 16], [...zero, ...zero, ...zero, ...zero]);
  const scores = floats([1, 12], [0.1, 0.7, 0.2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const middle = createHead(testManifest({ head: ssd({ background: 1 }) }), outputs);
  assertClose(t, readLocation(middle, { boxes, scores }, 0).scores, { expected: [0.1, 0.2] });
  assertClose(t, [readLocation(middle, { boxes, scores }, 0).bound], { expected: [0.2] });
  const last = createHead(testManifest({ head: ssd({ background: 2 }) }), outputs);
  assertClose(t, readLocation(last, { boxes, scores }, 0).scores, { expected: [0.1, 0.7] });
});

test('a background index beyond the classes is refused', (t) => {
  t.throws(() => createHead(testManifest({ head: ssd({ background: 3 }) }), outputs), {
    code: 'manifest_invalid',
    message: /head\.background.*got 3/,
  });
});

test('widths without as many heights are refused', (t) => {
  const priors = {
    featureMap: [1, 1] as [number, number],
    step: 16,
    offset: 0.5,
    widths: [8, 10],
    heights: [20],
  };
  const manifest = testManifest({ head: ssd({ priors: [priors] }) });
  t.throws(() => createHead(manifest, outputs), {
    code: 'manifest_invalid',
    message: /head\.priors\.0\.heights.*2 heights.*got 1/,
  });
});
