import test from 'ava';
import type { TfjsProgram, TfjsStep } from '../../../../runtime/engines/tfjs/program.js';
import { schedule } from '../../../../runtime/engines/tfjs/schedule.js';

const step = (label: string, reads: readonly number[], writes: readonly number[]): TfjsStep => {
  return { label, reads, writes, action: () => [] };
};

/** Feed 0 -> a -> 1 -> b -> 2, and 1 -> c -> 3 and 4. */
const program: TfjsProgram = {
  inputs: new Map([['x', { place: 0, type: { dtype: 'float32', dims: [] } }]]),
  outputs: new Map(),
  constants: new Map(),
  types: [],
  steps: [step('a', [0], [1]), step('b', [1], [2]), step('c', [1, 1], [3, 4])],
};

const planned = (wanted: readonly number[]) =>
  schedule(program, wanted).steps.map(({ step: { label }, frees }) => [label, frees]);

test('only the steps that a wanted tensor needs are run', (t) => {
  t.deepEqual(planned([2]), [
    ['a', [0]],
    ['b', [1]],
  ]);
  t.deepEqual(planned([0]), []);
});

test('each tensor is freed once, by its last reader or where nobody reads it', (t) => {
  t.deepEqual(planned([2, 3]), [
    ['a', [0]],
    ['b', []],
    ['c', [4, 1]],
  ]);
});

test('wanted tensors are kept, though others read them', (t) => {
  t.deepEqual(planned([1, 4]), [
    ['a', [0]],
    ['c', [3]],
  ]);
});

test('a feed that nothing needs is not uploaded', (t) => {
  t.deepEqual([...schedule(program, [2]).feeds], [0]);
  t.deepEqual([...schedule(program, []).feeds], []);
});
