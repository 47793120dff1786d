import { once } from 'node:events';
import test from 'ava';
import { watchMemory } from '../../../agent/cli/watchMemory.js';
import { until } from '../../helpers/until.js';

test('what is over the limit at two looks in a row aborts, by name', async (t) => {
  const limit = process.memoryUsage.rss() / 2;
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
