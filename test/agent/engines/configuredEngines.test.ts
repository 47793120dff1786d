import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../../agent/config.js';
import { configuredEngines } from '../../../agent/engines/configuredEngines.js';
import { sharedThreads } from '../../../agent/engines/threadTimes.js';
import { usableCores } from '../../../agent/engines/usableCores.js';
import { tempFolder } from '../../helpers/tempFolder.js';

async function threadsWith(flags: Readonly<Record<string, string>>): Promise<number[]> {
  const { config } = await loadConfig({
    ...{ env: {}, hostName: 'box' },
    flags: { 'inference.engine': 'onnxruntime', ...flags },
  });
  const { serving } = await configuredEngines(config, join(tempFolder(), 'engines.json'));
  return [serving.float[0].threads, serving.quantized[0].threads];
}

test('where nothing was measured an inference gets its part of the cores, or the threads that are configured', async (t) => {
  for (const concurrency of [1, 2]) {
    const threads = sharedThreads(usableCores(), concurrency);
    t.deepEqual(await threadsWith({ 'inference.concurrency': `${concurrency}` }), [threads, threads]);
  }
  t.deepEqual(await threadsWith({ 'inference.threads': '3' }), [3, 3]);
});
