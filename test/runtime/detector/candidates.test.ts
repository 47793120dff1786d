import test from 'ava';
import { collectCandidates } from '../../../runtime/detector/candidates.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { floats, graphOutputs, readLocation } from '../../helpers/headReads.js';
import { testManifest } from '../../helpers/manifests.js';

/** Rows of `[objectness, cat, dog]`, one per cell of a row of YOLOX cells. */
function yoloxRows(...rows: readonly (readonly [number, number, number])[]) {
  const manifest = testManifest({ input: { shape: [1, 3, 8, 8 * rows.length] } });
  const dims = [1, rows.length, 7];
  const packed = floats(
    dims,
    rows.flatMap((row) => [0, 0, 0, 0, ...row]),
  );
  return { head: createHead(manifest, graphOutputs({ packed: dims })), outputs: { packed } };
}

test('every class of a location that reaches the threshold is a candidate', (t) => {
  const { head, outputs } = yoloxRows([1, 0.1, 0.2], [1, 0.75, 0.5], [0.2, 1, 1], [1, 0.9, 0]);
  const found = collectCandidates(head, outputs, { scoreThreshold: 0.5 });
  t.is(found.count, 3);
  t.deepEqual([...found.locations], [1, 1, 3]);
  t.deepEqual([...found.classIds], [0, 1, 0]);
  t.deepEqual([...found.scores], [0.75, 0.5, Math.fround(0.9)]);
  t.deepEqual([...found.boxes.subarray(0, 4)], readLocation(head, outputs, 1).box);
  t.deepEqual([...found.boxes.subarray(4, 8)], readLocation(head, outputs, 1).box);
  t.deepEqual([...found.boxes.subarray(8)], readLocation(head, outputs, 3).box);
});

test('a score that equals the threshold passes, though float32 cannot hold the threshold', (t) => {
  const { head, outputs } = yoloxRows([1, 0.3, 0]);
  t.is(collectCandidates(head, outputs, { scoreThreshold: 0.3 }).count, 1);
});

test('NaN scores are never candidates', (t) => {
  const { head, outputs } = yoloxRows([NaN, 1, 1], [1, NaN, 0.9]);
  const found = collectCandidates(head, outputs, { scoreThreshold: 0 });
  t.deepEqual([...found.locations], [1]);
  t.deepEqual([...found.classIds], [1]);
});

test('beyond maxCandidates the best remain, in order of location, ties going to the earliest', (t) => {
  const values = [0.5, 0.2, 0.9, 0.5, 0.1, 0.5, 0.8, 0.5, 0.3, 0.95, 0.5];
  const { head, outputs } = yoloxRows(...values.map((score) => [1, score, 0] as const));
  const found = collectCandidates(head, outputs, { scoreThreshold: 0.05, maxCandidates: 5 });
  t.deepEqual([...found.locations], [0, 2, 3, 6, 9]);
  t.deepEqual([...found.scores], [0.5, 0.9, 0.5, 0.8, 0.95].map(Math.fround));
});

test('the limit keeps what sorting everything would keep', (t) => {
  const scores = Array.from({ length: 200 }, (_, i) => ((i * 37) % 64) / 64);
  const { head, outputs } = yoloxRows(...scores.map((score) => [1, score, 0] as const));
  const expected = scores
    .map((score, location) => ({ score, location }))
    .sort((a, b) => b.score - a.score || a.location - b.location)
    .slice(0, 20)
    .map(({ location }) => location)
    .sort((a, b) => a - b);
  const found = collectCandidates(head, outputs, { scoreThreshold: 0.01, maxCandidates: 20 });
  t.deepEqual([...found.locations], expected);
});
