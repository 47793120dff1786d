import test from 'ava';
import { withEta } from '../../../agent/cli/estimatedEta.js';
import {
  barText,
  durationText,
  type Progress,
  progressText,
  rateLimited,
} from '../../../agent/cli/progress.js';

test('progress is passed on at the start and end of each step and at most once per interval between', (t) => {
  let nowMs = 0;
  const seen: string[] = [];
  const sink = rateLimited(
    ({ step, done }) => seen.push(`${step} ${done}`),
    100,
    () => nowMs,
  );
  for (let done = 0; done <= 30; done++) {
    sink({ step: 'search', done, total: 30 });
    nowMs += 10;
  }
  sink({ step: 'judge', done: 0, total: 9 });
  sink({ step: 'judge', done: 1, total: 9 });
  t.deepEqual(seen, ['search 0', 'search 10', 'search 20', 'search 30', 'judge 0']);
});

test('the time left follows from the speed within the step, and starts anew with each step', (t) => {
  let nowMs = 0;
  const seen: Progress[] = [];
  const sink = withEta(
    (progress) => seen.push(progress),
    () => nowMs,
  );
  sink({ step: 'search', done: 2, total: 10 });
  nowMs = 4000;
  sink({ step: 'search', done: 4, total: 10 });
  sink({ step: 'judge', done: 4, total: 10 });
  sink({ step: 'judge', done: 5, total: 10, etaS: 99 });
  t.deepEqual(
    seen.map(({ etaS }) => etaS),
    [undefined, 12, undefined, 99],
  );
});

test('progress reads as step, count, ODOL and time left', (t) => {
  t.is(progressText({ step: 'search', done: 3, total: 9 }), 'search 3/9');
  t.is(
    progressText({ step: 'search', done: 3, total: 9, odol: 0.01234, etaS: 80 }),
    'search 3/9, ODOL 0.0123, 1 min 20 s left',
  );
  t.is(barText({ step: 'search', done: 1, total: 4 }, 8), '[##......] search 1/4');
  t.is(barText({ step: 'search', done: 0, total: 0 }, 4), '[####] search 0/0');
});

test('durations are rounded to what matters', (t) => {
  t.deepEqual([0, 59.4, 60, 3599, 7325].map(durationText), [
    '0 s',
    '59 s',
    '1 min 0 s',
    '59 min 59 s',
    '2 h 2 min',
  ]);
});
