import test from 'ava';
import { sharedThreads, threadCandidates, timeWith } from '../../../agent/engines/threadTimes.js';

const times = [
  { threads: 1, ms: 10 },
  { threads: 2, ms: 6.2 },
  { threads: 4, ms: 6 },
];

test('auto takes the fewest threads that no others beat by more than a twentieth', (t) => {
  t.is(timeWith(times, 'auto')?.threads, 2);
  t.is(timeWith([...times, { threads: 6, ms: 5 }], 'auto')?.threads, 6);
  t.is(timeWith([], 'auto'), undefined);
});

test('a number that was not measured has the time of the nearest below, or of the least', (t) => {
  t.is(timeWith(times, 3)?.ms, 6.2);
  t.is(timeWith(times, 256)?.ms, 6);
  t.is(timeWith(times.slice(1), 1)?.ms, 6.2);
  t.is(timeWith([], 1), undefined);
});

test('every number of threads up to 4 is measured, then fewer, and all cores', (t) => {
  t.deepEqual(threadCandidates(1), [1]);
  t.deepEqual(threadCandidates(2), [1, 2]);
  t.deepEqual(threadCandidates(6), [1, 2, 3, 4, 6]);
  t.deepEqual(threadCandidates(14), [1, 2, 3, 4, 6, 8, 12, 14]);
});

test('detections that share the cores get one thread at least and four at most', (t) => {
  t.is(sharedThreads(4, 2), 2);
  t.is(sharedThreads(4, 3), 1);
  t.is(sharedThreads(2, 8), 1);
  t.is(sharedThreads(64, 2), 4);
});
