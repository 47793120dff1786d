import test from 'ava';
import { editDistance, nearestName } from '../../../agent/config/nearestName.js';

test('the edit distance counts insertions, deletions and replacements', (t) => {
  t.is(editDistance('kitten', 'sitting'), 3);
  t.is(editDistance('', 'abc'), 3);
  t.is(editDistance('abc', ''), 3);
  t.is(editDistance('same', 'same'), 0);
});

test('the nearest name wins, the first of equals, whatever the case', (t) => {
  t.is(nearestName('prot', ['host', 'port']), 'port');
  t.is(nearestName('x', ['a', 'b']), 'a');
  t.is(nearestName('PORT', ['host', 'port']), 'port');
  t.is(nearestName('x', []), undefined);
});
