import test from 'ava';
import { memoryAim } from '../../../agent/cli/memoryAim.js';
import { defaultBudgetBytes } from '../../../calibrate/detptq/quantizeModel.js';

test('a search aims at half of what is free, at 600 MB where that is plenty, never below what it holds anyway', (t) => {
  t.is(memoryAim(8e9), defaultBudgetBytes);
  t.is(memoryAim(800e6), 400e6);
  t.is(memoryAim(100e6), 256e6);
});
