import test from 'ava';
import { freedMemoryReturner } from '../../../agent/cli/freedMemoryReturner.js';
import { garbageCollector } from '../../../agent/cli/garbageCollector.js';
import { until } from '../../helpers/until.js';

test('what was freed between what is still held goes back to the system', async (t) => {
  const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } })
    .header;
  if (glibcVersionRuntime === undefined) return t.pass('another C library');
  // Small enough to come from the heap of the C library; its top stays taken.
  const held = Array.from({ length: 4096 }, () => Buffer.allocUnsafeSlow(32_768).fill(1));
  const full = process.memoryUsage.rss();
  const last = held.at(-1)!;
  held.length = 0;
  garbageCollector()();
  const returnFreedMemory = freedMemoryReturner();
  await until(() => {
    returnFreedMemory();
    return process.memoryUsage.rss() < full - 100e6;
  });
  t.is(last.length, 32_768);
});
