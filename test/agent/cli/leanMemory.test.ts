import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { garbageCollector } from '../../../agent/cli/garbageCollector.js';
import { freedMemoryReturner } from '../../../agent/cli/leanMemory.js';
import { until } from '../../helpers/until.js';

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

test('what was freed between what is still held goes back to the system', async (t) => {
  if (!hasGlibc()) return t.pass('another C library');
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

/** Runs code of a module in a process of its own, which has the functions of `leanMemory`, and returns the number it prints. */
async function printedBy(code: string): Promise<number> {
  const imports = `import * as lean from '${new URL('../../../agent/cli/leanMemory.js', import.meta.url)}';`;
  const args = ['--expose-gc', '--input-type=module', '--eval', `${imports}${code}`];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}

test('young objects get little memory once it is to be saved', async (t) => {
  const size = await printedBy(`
    import { getHeapSpaceStatistics } from 'node:v8';
    lean.saveYoungHeap();
    let held = [];
    for (let i = 0; i < 1e6; i++) {
      held.push({ i });
      if (held.length > 50_000) held = [];
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);`);
  t.true(size > 0 && size <= 4e6, `${size}`);
});

test('large blocks between those that are held go back to the system once they are to be saved', async (t) => {
  if (!hasGlibc()) return t.pass('another C library');
  const heldAfter = (first: string) =>
    printedBy(`
      ${first}
      const block = (bytes) => Buffer.allocUnsafeSlow(bytes).fill(1);
      const collected = async () => {
        for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
      };
      // From the first that is freed on, glibc takes blocks of that size from its heap.
      block(4e6);
      await collected();
      const blocks = Array.from({ length: 200 }, () => block(1e6));
      const last = block(1e6);
      blocks.length = 0;
      await collected();
      console.log(process.memoryUsage.rss() - last.length);`);
  const [usual, saving] = [await heldAfter(''), await heldAfter('lean.saveBlocks();')];
  t.true(saving < usual - 100e6, `${saving} bytes, else ${usual}`);
});
