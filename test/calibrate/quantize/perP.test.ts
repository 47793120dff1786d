import test from 'ava';
import { allP, type PIndex } from '../../../calibrate/quantize/lpMetric.js';
import { alone, type GroupOf, PerP, withOthers } from '../../../calibrate/quantize/perP.js';

/** Choices that are ten times their p, and what was asked for to find them. */
function tenfold(groupOf: GroupOf) {
  const asked: (readonly PIndex[])[] = [];
  const choices = new PerP((wanted) => {
    asked.push(wanted);
    return wanted.map((p) => 10 * p);
  }, groupOf);
  return { asked, choices };
}

test('a p is found by itself, and once', (t) => {
  const { asked, choices } = tenfold(alone);
  t.is(choices.at(5), 50);
  t.is(choices.at(5), 50);
  t.is(choices.at(0), 0);
  t.deepEqual(asked, [[5], [0]]);
});

test('a p is found with its group, and none twice', (t) => {
  const { asked, choices } = tenfold(withOthers);
  t.is(choices.at(4), 40);
  t.is(choices.at(0), 0);
  t.deepEqual(
    choices.all(),
    allP.map((p) => 10 * p),
  );
  t.deepEqual(asked, [[0, 1, 3, 4, 5, 6], [2], [7]]);
});

test('one choice is replaced, in a copy, and the rest found once for both', (t) => {
  const { asked, choices } = tenfold(withOthers);
  const replaced = choices.with(3, -1);
  t.is(replaced.at(3), -1);
  t.is(replaced.at(4), 40);
  t.is(choices.at(3), 30);
  t.deepEqual(asked, [[0, 1, 3, 4, 5, 6]]);
});
