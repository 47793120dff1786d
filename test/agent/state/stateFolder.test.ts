import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { jobFolder, removeJobFolders } from '../../../agent/state/jobFolder.js';
import { ownState, stateFolderPath, statePaths } from '../../../agent/state/stateFolder.js';
import { AgentError } from '../../../runtime/errors.js';
import { processIdentity } from '../../../runtime/processIdentity.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { until } from '../../helpers/until.js';

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

test('a process that has ended and that nobody asks about holds no lock', async (t) => {
  const root = tempFolder();
  // The shell becomes a program that does not wait for its child.
  const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60']);
  t.teardown(() => parent.kill('SIGKILL'));
  const [pid] = await once(parent.stdout.setEncoding('utf8'), 'data');
  await until(() => readFileSync(`/proc/${Number(pid)}/stat`, 'utf8').includes(') Z '));
  t.is(await processIdentity(Number(pid)), undefined);
  const { startTicks, bootId } = (await processIdentity(process.pid))!;
  await writeFile(join(root, 'agent.lock'), JSON.stringify({ pid: Number(pid), startTicks, bootId }));
  await t.notThrowsAsync(ownState(root));
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

test('the scratch of a job that goes on is kept, also where a start was killed while it kept it', async (t) => {
  const root = tempFolder();
  await mkdir(join(root, 'work', 'over.1'), { recursive: true });
  await mkdir(join(root, 'work', 'open.1', 'calib'), { recursive: true });
  await mkdir(join(root, 'work', 'open-1.1'), { recursive: true });
  await mkdir(join(root, '.old-work-1', 'older.2'), { recursive: true });
  const goingOn = async (jobs: string) => {
    t.is(jobs, join(root, 'jobs'));
    return ['open', 'older', 'never begun'];
  };
  const { paths, release } = await ownState(root, goingOn);
  t.deepEqual((await readdir(paths.work)).sort(), ['older.2', 'open.1']);
  t.is((await stat(paths.work)).mode & 0o777, 0o700);
  await release();
  t.deepEqual((await readdir(root)).sort(), ['jobs', 'models', 'work']);

  const folder = await jobFolder(paths.work, { jobId: 'open', attempt: 2 });
  t.is(folder, join(paths.work, 'open.2'));
  t.deepEqual(await readdir(folder), ['calib']);
  await removeJobFolders(paths.work, 'open');
  t.deepEqual(await readdir(paths.work), ['older.2']);
});

test('what a killed write left in the cache of the engines is removed at the next start, entries are not', async (t) => {
  const root = tempFolder();
  const { engineCache } = statePaths(root);
  const module = import.meta.resolve('../../../runtime/engines/engineCache.js');
  const script = `
    import { readdirSync } from 'node:fs';
    import { EngineCache } from ${JSON.stringify(module)};
    const folder = ${JSON.stringify(engineCache)};
    const cache = new EngineCache(folder, '.lowered');
    await cache.write('whole', Buffer.from('content'));
    void cache.write('cut', Buffer.alloc(2 ** 26));
    while (readdirSync(folder).length === 1) await new Promise(setImmediate);
    process.kill(process.pid, 'SIGKILL');
  `;
  await once(spawn(process.execPath, ['--input-type=module', '-e', script]), 'exit');
  t.is((await readdir(engineCache)).length, 2);
  const { release } = await ownState(root);
  t.deepEqual(await readdir(engineCache), ['whole.lowered']);
  await release();
});

/** Where a process may mount a small disk of its own. */
const smallDiskTest =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0 ? test : test.skip;

smallDiskTest('on a full disk what engines made gives way to the start', async (t) => {
  const root = tempFolder();
  const module = import.meta.resolve('../../../agent/state/stateFolder.js');
  const script = `
    import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
    import { ownState, statePaths } from ${JSON.stringify(module)};
    const root = ${JSON.stringify(root)};
    const { engineCache } = statePaths(root);
    mkdirSync(engineCache);
    try {
      for (;;) appendFileSync(engineCache + '/model.lowered', Buffer.alloc(4096));
    } catch ({ code }) {
      console.log(code);
    }
    await ownState(root);
    console.log(...readdirSync(root).sort());
  `;
  const command = 'mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" --input-type=module -e "$3"';
  const { stdout } = await promisify(execFile)('unshare', [
    ...['-rm', 'sh', '-c', command],
    ...['sh', root, process.execPath, script],
  ]);
  t.is(stdout, 'ENOSPC\nagent.lock jobs models work\n');
});

test('a state folder that cannot be made ready is an error, and is let go', async (t) => {
  const root = tempFolder();
  await writeFile(join(root, 'models'), 'a file where a folder should be');
  for (const _ of ['first', 'again']) {
    const error = await t.throwsAsync(ownState(root), { instanceOf: AgentError });
    t.is(error?.code, 'file_unreadable');
  }
});
