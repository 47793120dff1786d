import test from 'ava';
import { leftAlone } from '../../../agent/engines/leftAlone.js';
import { rankEngines } from '../../../agent/engines/rankEngines.js';
import type { ThreadSetting } from '../../../agent/engines/threadTimes.js';

const trial = (engine: string, floatMs: number, quantizedMs: number | null, searchMs: number | null) => {
  const alone = (ms: number | null) => (ms === null ? [] : [{ threads: 1, ms }]);
  return { engine, version: '1', float: alone(floatMs), quantized: alone(quantizedMs), searchMs };
};

test('engines are ranked by latency for serving, by time per picture for searching', (t) => {
  const trials = [trial('gpu', 2, 6, 3), trial('integers', 9, 4, 5), trial('float', 5, null, null)];
  const ranked = (purpose: Parameters<typeof rankEngines>[1]) =>
    rankEngines(trials, purpose, 'auto').map(({ trial: { engine } }) => engine);
  t.deepEqual(ranked('float'), ['gpu', 'float', 'integers']);
  t.deepEqual(ranked('quantized'), ['integers', 'gpu']);
  t.deepEqual(ranked('search'), ['gpu', 'integers']);
  t.deepEqual(rankEngines([], 'float', 'auto'), []);
});

test('engines are compared with the threads that each would get', (t) => {
  const scaling = (engine: string, ...ms: number[]) => {
    const float = ms.map((one, index) => ({ threads: index + 1, ms: one }));
    return { engine, version: '1', float, quantized: [], searchMs: null };
  };
  const trials = [scaling('steady', 6, 6, 5.9), scaling('scaling', 9, 5, 4)];
  const ranked = (threads: ThreadSetting) =>
    rankEngines(trials, 'float', threads).map(({ trial: { engine }, ...found }) => [engine, found]);
  t.deepEqual(ranked('auto'), [
    ['scaling', { threads: 3, ms: 4 }],
    ['steady', { threads: 1, ms: 6 }],
  ]);
  t.deepEqual(ranked(1), [
    ['steady', { threads: 1, ms: 6 }],
    ['scaling', { threads: 1, ms: 9 }],
  ]);
  t.deepEqual(ranked(64)[0], ['scaling', { threads: 3, ms: 4 }]);
});

test('auto leaves an imitated GPU alone, and what takes over a quarter of the memory', (t) => {
  const works = { available: true };
  t.is(leftAlone({}, works, 0.5e9), undefined);
  t.is(leftAlone({ ownMemoryBytes: 1e9 }, works, 4e9), undefined);
  t.regex(leftAlone({ ownMemoryBytes: 1e9 }, works, 3.9e9) ?? '', /1\.0 GB.*3\.9 GB/);
  t.regex(leftAlone({}, { ...works, isImitated: true }, 64e9) ?? '', /imitates/);
});
