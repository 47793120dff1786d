import { copyFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { findLibrary } from '../../../../runtime/engines/litert/library/findLibrary.js';
import { loadLibrary } from '../../../../runtime/engines/litert/native/bindings.js';
import { CompiledModel } from '../../../../runtime/engines/litert/native/compiledModel.js';
import { encodeTflite } from '../../../../runtime/engines/litert/tflite/encodeTflite.js';
import { ModelWriter } from '../../../../runtime/engines/litert/tflite/modelWriter.js';
import { litertLibraryPath, litertTest } from '../../../helpers/litert.js';
import { tempFolder } from '../../../helpers/tempFolder.js';

const code = 'engine_unavailable';
const mend = 'detptq engines install litert';

test('a library that is not installed is an engine that is not available, with the command that mends it', async (t) => {
  const path = join(tempFolder(), 'libLiteRt.so');
  const error = await t.throwsAsync(findLibrary(path), { code, message: /is not installed/ });
  t.like(error, { detail: { mend } });
});

test('a file that is no library is refused before it is loaded', async (t) => {
  const path = join(tempFolder(), 'libLiteRt.so');
  await writeFile(path, 'no library');
  await t.throwsAsync(findLibrary(path), { code, message: /is damaged or not of release 2\.3\.0; mend: / });
  await t.throwsAsync(loadLibrary(path), { code, message: /cannot be loaded/ });
});

litertTest(
  'a library that is cut short is refused before it is loaded, which would end the process',
  async (t) => {
    const path = join(tempFolder(), 'libLiteRt.so');
    await copyFile(litertLibraryPath, path);
    t.is(await findLibrary(path), path);
    const short = join(tempFolder(), 'libLiteRt.so');
    await copyFile(litertLibraryPath, short);
    await truncate(short, 4_000_000);
    await t.throwsAsync(findLibrary(short), { code, message: /is damaged/ });
  },
);

litertTest(
  'a .tflite file that is cut short or overwritten is refused, or runs: the process survives',
  async (t) => {
    const library = await loadLibrary(litertLibraryPath);
    const { bytes, ...surface } = smallModel();
    const load = async (changed: Uint8Array) => {
      const compiled = await CompiledModel.load(library, { bytes: changed, ...surface }, 1);
      const { isFullyAccelerated } = compiled;
      compiled.dispose();
      return isFullyAccelerated;
    };
    t.true(await load(bytes));
    const refused = {
      code: 'engine_load_failed',
      message: /^LiteRT could not (read|compile) the model: status/,
    };
    for (const length of [0, 1, 8, bytes.length / 4, bytes.length / 2]) {
      await t.throwsAsync(load(bytes.slice(0, length)), refused);
    }
    await t.throwsAsync(load(bytes.map((value, index) => (index < 4 ? 0xff : value))), refused);
  },
);

/** y = relu(x) + constant */
function smallModel() {
  const writer = new ModelWriter();
  const x = writer.tensor([1, 4], { name: 'x' });
  const positive = writer.derive('RELU', { inputs: [x], shape: [1, 4] });
  const y = writer.tensor([1, 4], { name: 'y' });
  writer.add([positive, writer.constant([4], Float32Array.of(1, 2, 3, 4))], y);
  const model = writer.finish({ inputs: [x], outputs: [y] });
  return {
    bytes: encodeTflite(model),
    inputs: [model.tensors[x]!],
    outputs: [model.tensors[y]!],
  };
}
