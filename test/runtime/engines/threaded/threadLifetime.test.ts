import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const cycles = 30;
const sessionCycles = new URL('../../../helpers/sessionCycles.js', import.meta.url);
const forgottenSession = new URL('../../../helpers/forgottenSession.js', import.meta.url);

test(`${cycles} sessions one after the other leave no thread and no memory behind`, async (t) => {
  const output = await runScript(sessionCycles, String(cycles));
  const leftovers = JSON.parse(output) as { threads: number; rssMb: number }[];
  t.is(leftovers.length, cycles);
  const settled = leftovers.slice(10);
  t.true(settled.every(({ threads }) => threads === settled[0]!.threads));
  // A session's weights are 9.4 MB: one kept in two cycles would show as 47 MB. The least of ten: now and then the allocator gives some
  // 60 MB back eight cycles late only.
  const least = (samples: typeof settled) => Math.min(...samples.map(({ rssMb }) => rssMb));
  const growthMb = least(settled.slice(10)) - least(settled.slice(0, 10));
  t.log({ threads: settled[0]!.threads, growthMb });
  t.true(growthMb < 30, `${growthMb} MB`);
});

test('a program that forgets to dispose of a session gets its results and ends', async (t) => {
  t.is(await runScript(forgottenSession), '1x4');
});

async function runScript(script: URL, ...args: string[]): Promise<string> {
  const command = ['--expose-gc', fileURLToPath(script), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return stdout;
}
