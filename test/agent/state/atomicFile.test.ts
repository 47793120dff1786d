import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { fileError, readTextIfPresent, writeFileAtomic } from '../../../agent/state/atomicFile.js';
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
