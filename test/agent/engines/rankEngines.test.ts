import test from 'ava';
import { leftAlone } from '../../../agent/engines/leftAlone.js';
import { rankEngines } from '../../../agent/engines/rankEngines.js';

const trial = (engine: string, floatMs: number, quantizedMs: number | null, searchMs: number | null) => {
  return { engine, version: '1', floatMs, quantizedMs, searchMs };
};

test('engines are ranked by latency for serving, by time per picture for searching', (t) => {
  const trials = [trial('gpu', 2, 6, 3), trial('integers', 9, 4, 5), trial('float', 5, null, null)];
  const ranked = (purpose: Parameters<typeof rankEngines>[1]) =>
    rankEngines(trials, purpose).map(({ engine }) => engine);
  t.deepEqual(ranked('float'), ['gpu', 'float', 'integers']);
  t.deepEqual(ranked('quantized'), ['integers', 'gpu']);
  t.deepEqual(ranked('search'), ['gpu', 'integers']);
  t.deepEqual(rankEngines([], 'float'), []);
});

test('auto leaves an imitated GPU alone, and what takes over a quarter of the memory', (t) => {
  const works = { available: true };
  t.is(leftAlone({}, works, 0.5e9), undefined);
  t.is(leftAlone({ ownMemoryBytes: 1e9 }, works, 4e9), undefined);
  t.regex(leftAlone({ ownMemoryBytes: 1e9 }, works, 3.9e9) ?? '', /1\.0 GB.*3\.9 GB/);
  t.regex(leftAlone({}, { ...works, isImitated: true }, 64e9) ?? '', /imitates/);
});
