import test from 'ava';
import { allP, type PIndex } from '../../../calibrate/quantize/lpMetric.js';
import { PerP } from '../../../calibrate/quantize/perP.js';

/** Choices that are ten times their p, and what was asked for to find them. */
function tenfold() {
  const asked: (readonly PIndex[])[] = [];
  const choices = new PerP((wanted) => {
    asked.push(wanted);
    return wanted.map((p) => 10 * p);
  });
  return { asked, choices };
}

test('p = 2 is found first, whichever is asked for', (t) => {
  const { asked, choices } = tenfold();
  t.is(choices.at(5), 50);
  t.deepEqual(asked, [[2], allP.filter((p) => p !== 2)]);
});

test('p = 2 is found alone, the others together, and none twice', (t) => {
  const { asked, choices } = tenfold();
  t.is(choices.at(2), 20);
  t.is(choices.at(2), 20);
  t.deepEqual(asked, [[2]]);
  t.is(choices.at(5), 50);
  t.deepEqual(
    choices.all(),
    allP.map((p) => 10 * p),
  );
  t.deepEqual(asked, [[2], allP.filter((p) => p !== 2)]);
});

test('one choice is replaced, in a copy, and the rest found once for both', (t) => {
  const { asked, choices } = tenfold();
  const replaced = choices.with(3, -1);
  t.is(replaced.at(3), -1);
  t.is(replaced.at(4), 40);
  t.is(choices.at(3), 30);
  t.deepEqual(asked.flat().toSorted(), allP);
});

test('given choices are those of their p', (t) => {
  const choices = PerP.of(allP.map((p) => `choice ${p}`));
  t.is(choices.at(7), 'choice 7');
  t.is(choices.all().length, allP.length);
});
