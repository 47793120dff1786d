import { readFile } from 'node:fs/promises';
import test from 'ava';
import { configuredModel } from '../../../agent/models/configuredModel.js';
import { ModelStore } from '../../../agent/state/modelStore.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const quantization = {
  parent: 'x',
  recipe: 'fast',
  weightBits: 8,
  activationBits: 8,
  activations: 'executed',
  layers: [],
  scalesDigest: 'x',
  calibration: { digest: 'x', frames: 1 },
  odol: 0,
  agreement: 1,
  engine: 'onnxruntime',
  seed: 0,
  toolVersion: 'x',
};

test('a path is put into the store; afterwards its name means the newest float model, not its descendants', async (t) => {
  const store = new ModelStore(tempFolder());
  const { manifest, weights } = await tinyDetector();
  const byPath = await configuredModel(manifest, store);
  const manifestText = JSON.stringify({ ...JSON.parse(await readFile(manifest, 'utf8')), quantization });
  const quantized = await store.add({ manifestText, modelBytes: await readFile(weights) });
  t.is(quantized.name, byPath.name);
  t.not(quantized.digest, byPath.digest);

  t.is((await store.find('tiny')).digest, quantized.digest);
  t.is((await configuredModel('tiny', store)).digest, byPath.digest);
  t.is((await configuredModel('tiny@1', store)).digest, byPath.digest);
});

test('what is neither a path nor a stored name is a missing file', async (t) => {
  const store = new ModelStore(tempFolder());
  await t.throwsAsync(configuredModel('nowhere', store), { code: 'file_not_found' });
});
