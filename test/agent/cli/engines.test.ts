import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { statePaths } from '../../../agent/state/stateFolder.js';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { litertLibraryPath, litertTest } from '../../helpers/litert.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const install = ['engines', 'install', 'litert', '--json'];

test('an engine that comes with the program cannot be installed or removed', async (t) => {
  for (const action of ['install', 'remove']) {
    const result = await runCli(['engines', action, 'onnxruntime', '--json']);
    t.is(result.status, 2);
    t.like(printedError(result), {
      code: 'usage',
      message: 'expected an engine that has to be installed, which is litert, got "onnxruntime"',
    });
  }
});

test('a file that is no library is refused, and nothing is kept of it', async (t) => {
  const root = tempFolder();
  const file = join(root, 'libLiteRt.so');
  await writeFile(file, 'no library');
  const env = { DETPTQ_STATE_DIR: join(root, 'state') };
  const result = await runCli([...install, '--from', file], { env });
  t.is(result.status, 1);
  t.is(printedError(result).code, 'engine_library_invalid');
  t.false(existsSync(statePaths(env.DETPTQ_STATE_DIR).litertLibrary));
});

test('without Python the error says how to install pip, or to do without', async (t) => {
  const result = await runCli(install, { env: { PATH: '/nowhere' } });
  t.is(result.status, 1);
  t.like(printedError(result), { code: 'pip_missing', detail: { mend: 'apt-get install python3-pip' } });
});

test('a pinned engine whose library is missing is an error that says how to install it', async (t) => {
  const result = await runCli(['run', '--set', 'inference.engine=litert', '--json']);
  t.is(result.status, 1);
  t.regex(result.stdout + result.stderr, /engine_unavailable/);
  t.regex(result.stdout + result.stderr, /detptq engines install litert/);
});

litertTest('a library is installed from a file, works, and is removed', async (t) => {
  const root = tempFolder();
  const env = { DETPTQ_STATE_DIR: root };
  const { litertLibrary } = statePaths(root);
  const older = join(dirname(dirname(litertLibrary)), 'litert-2.2.0');
  await mkdir(older, { recursive: true });
  const installed = await runCli([...install, '--from', litertLibraryPath], { env });
  t.is(installed.status, 0, installed.stdout);
  t.like(document(installed), { name: 'litert', version: '2.3.0', path: litertLibrary });
  t.is(installed.stderr, '');
  const again = await runCli([...install, '--from', litertLibrary], { env });
  t.is(again.status, 0, again.stdout);
  const removed = { name: 'litert', path: litertLibrary };
  const remove = () => runCli(['engines', 'remove', 'litert', '--json'], { env });
  t.deepEqual(document(await remove()), { ...removed, wasThere: true });
  t.deepEqual(await readdir(dirname(older)), []);
  t.deepEqual(document(await remove()), { ...removed, wasThere: false });
  t.is((await runCli([...install, '--from', litertLibrary], { env })).status, 1);
});

litertTest('a state folder that cannot be written is an error that names the path', async (t) => {
  const root = tempFolder();
  const { litertLibrary } = statePaths(root);
  // Where the folder has to be made is a file: what root, who may write anywhere, cannot do either.
  await mkdir(dirname(dirname(litertLibrary)), { recursive: true });
  await writeFile(dirname(litertLibrary), '');
  const result = await runCli([...install, '--from', litertLibraryPath], { env: { DETPTQ_STATE_DIR: root } });
  t.is(result.status, 1);
  t.like(printedError(result), { code: 'file_unreadable', detail: { where: dirname(litertLibrary) } });
});

test('the list tries engines as they are configured', async (t) => {
  const env = { DETPTQ_ENGINES__CHROMIUM: '/nowhere/chromium' };
  const { status, stdout } = await runCli(['engines', 'list', '--json'], { env });
  t.is(status, 0);
  const listed: { name: string; available: boolean; reason?: string }[] = JSON.parse(stdout);
  for (const { name, available, reason = '' } of listed) {
    if (!['tfjs-webgl', 'webgpu', 'webnn'].includes(name)) continue;
    t.false(available);
    t.true(reason.includes('/nowhere/chromium'), `${name}: ${reason}`);
  }
});
