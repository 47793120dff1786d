import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { usableCores } from '../../../agent/engines/usableCores.js';
import { tempFolder } from '../../helpers/tempFolder.js';

test('a quota leaves as many cores as it takes to use it up, none that there are not', async (t) => {
  const path = join(tempFolder(), 'cpu.max');
  const coresWith = async (text: string) => {
    await writeFile(path, text);
    return usableCores(path, 8);
  };
  t.is(await coresWith('150000 100000\n'), 2);
  t.is(await coresWith('20000 100000\n'), 1);
  t.is(await coresWith('9900000 100000\n'), 8);
});

test('without a quota, or with one that cannot be read, all cores count', async (t) => {
  const folder = tempFolder();
  const path = join(folder, 'cpu.max');
  t.is(usableCores(path, 8), 8);
  for (const text of ['max 100000\n', '', 'nonsense', '0 0\n']) {
    await writeFile(path, text);
    t.is(usableCores(path, 8), 8, text);
  }
});
