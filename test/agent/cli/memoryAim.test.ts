import test from 'ava';
import { memoryAim } from '../../../agent/cli/memoryAim.js';
import { defaultBudgetBytes } from '../../../calibrate/detptq/quantizeModel.js';

test('a search aims at half of the memory, 600 MB at most and 256 at least', (t) => {
  t.is(memoryAim(8e9), defaultBudgetBytes);
  t.is(memoryAim(800e6), 400e6);
  t.is(memoryAim(100e6), 256e6);
});
