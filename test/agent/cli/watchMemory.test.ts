import { once } from 'node:events';
import test from 'ava';
import { ownMemoryBytes } from '../../../agent/cli/ownMemory.js';
import { watchMemory } from '../../../agent/cli/watchMemory.js';
import { until } from '../../helpers/until.js';

test('what is over the limit at two looks in a row aborts, by name', async (t) => {
  const limit = ownMemoryBytes() / 2;
  const watch = watchMemory(limit, limit);
  t.false(watch.signal.aborted);
  await once(watch.signal, 'abort');
  watch.stop();
  const { code, detail } = watch.signal.reason as { code: string; detail: { expected: number } };
  t.is(code, 'out_of_memory');
  t.is(detail.expected, limit);
});

test('near to the budget garbage is collected, and without a limit nothing is aborted', async (t) => {
  const garbage = new WeakRef(new ArrayBuffer(1e6));
  const watch = watchMemory(1);
  // A reference that was looked at lives until the turn ends.
  await until(() => garbage.deref() === undefined);
  t.false(watch.signal.aborted);
  watch.stop();
});

test('own memory is what is resident less the pages of files', (t) => {
  const before = ownMemoryBytes();
  const held = Buffer.alloc(64e6, 1);
  t.true(ownMemoryBytes() > before + 60e6);
  t.true(ownMemoryBytes() <= process.memoryUsage.rss());
  t.is(held.at(-1), 1);
});
