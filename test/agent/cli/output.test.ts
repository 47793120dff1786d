import test from 'ava';
import { Output } from '../../../agent/cli/output.js';

test('notes can be handed on as a function, as what measures engines is told to note', (t) => {
  const { note } = new Output({ json: false, quiet: true });
  t.notThrows(() => note('nobody reads this'));
});
