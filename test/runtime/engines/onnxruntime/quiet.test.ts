import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { projectRoot } from '../../../helpers/paths.js';
import { tempFolder } from '../../../helpers/tempFolder.js';

for (const thread of ['caller', 'own']) {
  test(`onnxruntime in the ${thread} thread keeps no telemetry: nothing of it is written`, async (t) => {
    const folder = tempFolder();
    const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
    const script = `
      import { onnxruntimeEngine } from '${projectRoot}dist/runtime/engines/onnxruntime/onnxruntimeEngine.js';
      import { probeGraph } from '${projectRoot}dist/runtime/engines/probeGraph.js';
      const session = await onnxruntimeEngine.load(probeGraph, { thread: '${thread}' });
      await session.run({ x: { dtype: 'float32', dims: [1], data: new Float32Array(1) } });
      await session.dispose();`;
    const file = join(tempFolder(), 'run.mjs');
    await writeFile(file, script);
    await promisify(execFile)(process.execPath, [file], {
      env: { ...env, TMPDIR: folder, HOME: folder, XDG_CACHE_HOME: folder },
    });
    t.deepEqual(await readdir(folder), []);
  });
}
