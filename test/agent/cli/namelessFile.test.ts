import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NamelessFile } from '../../../agent/cli/namelessFile.js';
import { AgentError } from '../../../runtime/errors.js';
import { tempFolder } from '../../helpers/tempFolder.js';

test('what is written anywhere is read back, and the file has no name while it is in use', async (t) => {
  const folder = tempFolder();
  const file = await NamelessFile.open(folder);
  await file.write(Uint8Array.of(4, 5), 3);
  await file.write(Uint8Array.of(1, 2, 3), 0);
  t.deepEqual(await readdir(folder), []);
  const bytes = new Uint8Array(4);
  await file.read(bytes, 1);
  t.deepEqual([...bytes], [2, 3, 4, 5]);
  await file.close();
});

test('a folder that is not there, and a place that was not written, are errors', async (t) => {
  const folder = tempFolder();
  await t.throwsAsync(NamelessFile.open(join(folder, 'missing')), { instanceOf: AgentError });
  const file = await NamelessFile.open(folder);
  await t.throwsAsync(file.read(new Uint8Array(1), 0), { instanceOf: AgentError });
  await file.close();
});
