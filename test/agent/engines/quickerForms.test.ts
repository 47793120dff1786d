import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { keepQuickerForms, readQuickerForms } from '../../../agent/engines/quickerForms.js';
import { tempFolder } from '../../helpers/tempFolder.js';

test('what was found is kept by engine, for this device and program', async (t) => {
  const folder = join(tempFolder(), 'state');
  const path = join(folder, 'quicker-forms.json');
  t.deepEqual(await readQuickerForms(path), {});
  await keepQuickerForms(path, folder, { onnxruntime: { channels: 'packed' } });
  await keepQuickerForms(path, folder, { litert: { stem: 'pixels' } });
  const both = { onnxruntime: { channels: 'packed' }, litert: { stem: 'pixels' } };
  t.deepEqual(await readQuickerForms(path), both);
  await keepQuickerForms(path, folder, { litert: {} });
  t.deepEqual(await readQuickerForms(path), { ...both, litert: {} });
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(/"fingerprint": "/, '$&Another CPU, '));
  t.deepEqual(await readQuickerForms(path), {});
  await writeFile(path, text.slice(0, 20));
  t.deepEqual(await readQuickerForms(path), {});
});
