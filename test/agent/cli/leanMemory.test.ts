import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { garbageCollector } from '../../../agent/cli/garbageCollector.js';
import { freedMemoryReturner } from '../../../agent/cli/leanMemory.js';
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

test('young objects get little memory once it is to be saved', async (t) => {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { saveYoungHeap } from '${new URL('../../../agent/cli/leanMemory.js', import.meta.url)}';
    saveYoungHeap();
    let held = [];
    for (let i = 0; i < 1e6; i++) {
      held.push({ i });
      if (held.length > 50_000) held = [];
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  t.true(Number(stdout) > 0 && Number(stdout) <= 4e6, stdout);
});
