import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ownState, stateFolderPath } from '../../../agent/state/stateFolder.js';
import { AgentError } from '../../../runtime/errors.js';
import { processIdentity } from '../../../runtime/processIdentity.js';
import { tempFolder } from '../../helpers/tempFolder.js';

test('the state folder is the one named, else the XDG one, else by user', (t) => {
  const home = { homeFolder: '/home/pi', uid: 1000 };
  t.is(stateFolderPath({ env: { DETPTQ_STATE_DIR: '/data', XDG_STATE_HOME: '/xdg' }, ...home }), '/data');
  t.is(stateFolderPath({ env: { XDG_STATE_HOME: '/xdg' }, ...home }), '/xdg/detptq');
  t.is(stateFolderPath({ env: {}, ...home }), '/home/pi/.local/state/detptq');
  t.is(stateFolderPath({ env: {}, homeFolder: '/root', uid: 0 }), '/var/lib/detptq');
});

test('a second agent on the same folder is refused, naming the first, until the first lets go', async (t) => {
  const root = join(tempFolder(), 'state');
  const first = await ownState(root);
  const error = await t.throwsAsync(ownState(root), { instanceOf: AgentError });
  t.is(error?.code, 'state_locked');
  t.is(error?.detail.pid, process.pid);
  await first.release();
  const second = await ownState(root);
  await second.release();
  t.deepEqual((await readdir(root)).sort(), ['jobs', 'models', 'work']);
});

test('the lock of a process that is gone is taken over', async (t) => {
  const root = tempFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const identity = await processIdentity(child.pid!);
  await writeFile(join(root, 'agent.lock'), JSON.stringify(identity));
  const error = await t.throwsAsync(ownState(root), { instanceOf: AgentError });
  t.is(error?.code, 'state_locked');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { release } = await ownState(root);
  t.is(JSON.parse(await readFile(join(root, 'agent.lock'), 'utf8')).pid, process.pid);
  await release();
});

test('a lock of this pid from before the last boot is stale', async (t) => {
  const root = tempFolder();
  const earlier = { ...(await processIdentity(process.pid)), bootId: 'an earlier boot' };
  await writeFile(join(root, 'agent.lock'), JSON.stringify(earlier));
  await t.notThrowsAsync(ownState(root));
});

test('a lock that is no lock is taken over', async (t) => {
  const root = tempFolder();
  await writeFile(join(root, 'agent.lock'), 'half a li');
  await t.notThrowsAsync(ownState(root));
});

test('what a killed job left in the scratch folder is removed at the next start', async (t) => {
  const root = tempFolder();
  await mkdir(join(root, 'work', 'job-1', 'calib'), { recursive: true });
  // A start before was killed while it removed this.
  await mkdir(join(root, '.old-work-1', 'job-0'), { recursive: true });
  const { paths, release } = await ownState(root);
  t.true(existsSync(paths.work));
  t.deepEqual(await readdir(paths.work), []);
  await release();
  t.deepEqual((await readdir(root)).sort(), ['jobs', 'models', 'work']);
});

test('a state folder that cannot be made ready is an error, and is let go', async (t) => {
  const root = tempFolder();
  await writeFile(join(root, 'models'), 'a file where a folder should be');
  for (const _ of ['first', 'again']) {
    const error = await t.throwsAsync(ownState(root), { instanceOf: AgentError });
    t.is(error?.code, 'file_unreadable');
  }
});
