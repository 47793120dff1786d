import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NpyFile } from '../../../deploy/demo-model/npyFile.js';
import { tempFolder } from '../../helpers/tempFolder.js';

test('an array of bytes is a NumPy file of version 1.0, its data aligned to 64 bytes', async (t) => {
  const path = join(tempFolder(), 'a.npy');
  const file = await NpyFile.create(path, [2, 3]);
  await file.append(Uint8Array.of(1, 2, 3));
  await file.append(Uint8Array.of(4, 5, 6));
  await file.close();
  const bytes = await readFile(path);
  t.is(bytes.toString('latin1', 0, 8), '\x93NUMPY\x01\x00');
  const start = 10 + bytes.readUInt16LE(8);
  t.is(start % 64, 0);
  t.is(
    bytes.toString('latin1', 10, start).trimEnd(),
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3,), }",
  );
  t.is(bytes[start - 1], 10);
  t.deepEqual([...bytes.subarray(start)], [1, 2, 3, 4, 5, 6]);
});
