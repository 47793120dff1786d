import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import {
  makeScratchFolder,
  removeAbandonedScratch,
  removeScratchFolder,
} from '../../runtime/scratchFolder.js';
import { tempFolder } from '../helpers/tempFolder.js';

const keeperScript = fileURLToPath(new URL('../helpers/scratchKeeper.js', import.meta.url));

// This thread's and its processes' folder for temporary files.
process.env.TMPDIR = tempFolder();

/** A process of its own with a scratch folder. */
async function keeper(t: ExecutionContext): Promise<{ folder: string; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [keeperScript], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: process.env,
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { folder: (line as string).trim(), kill };
}

const entries = async () => (await readdir(process.env.TMPDIR!)).sort();

test.serial('a killed process leaves its folder to the next; those of running processes stay', async (t) => {
  const [killed, running] = [await keeper(t), await keeper(t)];
  await mkdir(join(killed.folder, 'profile'));
  await writeFile(join(killed.folder, 'profile', 'file'), 'x');
  await killed.kill();
  t.true((await entries()).includes(basename(killed.folder)));
  const own = await makeScratchFolder('test');
  t.deepEqual(await entries(), [own, running.folder].map((path) => basename(path)).sort());
  await removeScratchFolder(own);
  t.deepEqual(await entries(), [basename(running.folder)]);
});

test.serial('what a predecessor with this pid left is removed, nothing that is not ours', async (t) => {
  const own = await makeScratchFolder('test');
  const [, , host, pid, ticks] = basename(own).split('-');
  const at = (name: string) => mkdir(join(dirname(own), name));
  await at(`detptq-chromium-${host}-${pid}-${ticks}0-abcdef`);
  const kept = [`detptq-chromium-other-1-1-abcdef`, `detptq-chromium-${host}`, 'other-1'];
  for (const name of kept) await at(name);
  await removeAbandonedScratch();
  const left = new Set(await entries());
  for (const name of [...kept, basename(own)]) t.true(left.has(name), name);
  t.false([...left].some((name) => name.includes(`${ticks}0`)));
});
