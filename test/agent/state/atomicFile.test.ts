import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  fileError,
  makeFolder,
  readTextIfPresent,
  writeFileAtomic,
} from '../../../agent/state/atomicFile.js';
import { AgentError } from '../../../runtime/errors.js';
import { tempFolder } from '../../helpers/tempFolder.js';

test('a write replaces the whole file and leaves nothing else behind', async (t) => {
  const folder = tempFolder();
  const path = join(folder, 'state.json');
  await writeFileAtomic(path, 'a long first text');
  await writeFileAtomic(path, 'short');
  t.is(await readFile(path, 'utf8'), 'short');
  t.deepEqual(await readdir(folder), ['state.json']);
});

test('a write that fails leaves no temporary file behind', async (t) => {
  const folder = tempFolder();
  // A folder cannot be replaced by a file.
  await mkdir(join(folder, 'taken'));
  const error = await t.throwsAsync(writeFileAtomic(join(folder, 'taken'), 'x'), { instanceOf: AgentError });
  t.is(error?.code, 'file_unreadable');
  t.deepEqual(await readdir(folder), ['taken']);
});

test('a write into a missing folder says so', async (t) => {
  const path = join(tempFolder(), 'missing', 'state.json');
  const error = await t.throwsAsync(writeFileAtomic(path, 'x'), { instanceOf: AgentError });
  t.is(error?.code, 'file_not_found');
  t.is(error?.detail.where, path);
});

test('a full disk has a code of its own, and the cause is kept', (t) => {
  const cause = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const error = fileError(cause, 'write', '/state/active.json');
  t.is(error.code, 'disk_full');
  t.is(error.cause, cause);
  t.regex(error.message, /\/state\/active\.json/);
});

test('an absent file has no text, an unreadable one is an error', async (t) => {
  const folder = tempFolder();
  t.is(await readTextIfPresent(join(folder, 'absent')), undefined);
  const error = await t.throwsAsync(readTextIfPresent(folder), { instanceOf: AgentError });
  t.is(error?.code, 'file_unreadable');
});

test("a folder is made with its parents, its owner's alone, and may be there already", async (t) => {
  const path = join(await tempFolder(), 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  await makeFolder(path);
  t.is((await stat(path)).mode & 0o777, 0o700);
});

test('a folder that cannot be made is an error, not a search without end', async (t) => {
  const file = join(await tempFolder(), 'file');
  await writeFile(file, '');
  for (const path of [file, join(file, 'inside'), '/proc/detptq/inside']) {
    const error = await t.throwsAsync(makeFolder(path), { instanceOf: AgentError });
    t.is(error?.detail.where, path);
  }
});
