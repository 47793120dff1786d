import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ModelStore, type NewModel } from '../../../agent/state/modelStore.js';
import { AgentError } from '../../../runtime/errors.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

async function tinyModel(options: Parameters<typeof tinyDetector>[0] = {}): Promise<NewModel> {
  const { manifest, weights } = await tinyDetector(options);
  return { manifestText: await readFile(manifest, 'utf8'), modelBytes: await readFile(weights) };
}

async function emptyStore(): Promise<{ root: string; store: ModelStore }> {
  const root = join(tempFolder(), 'models');
  return { root, store: new ModelStore(root) };
}

test('a model is stored under its digest with all that belongs to it', async (t) => {
  const { root, store } = await emptyStore();
  const model = { ...(await tinyModel()), selfTest: '{"selfTestVersion":1}', report: '{"odol":0}' };
  const stored = await store.add(model);
  t.is(stored.name, 'tiny');
  t.is(stored.version, '1');
  t.is(stored.folder, join(root, stored.digest));
  t.deepEqual(await readdir(root), [stored.digest]);
  t.deepEqual((await readdir(stored.folder)).sort(), [
    'entry.json',
    'manifest.json',
    'report.json',
    'selftest.json',
    'tiny.onnx',
  ]);
  t.is(await readFile(stored.manifestPath, 'utf8'), model.manifestText);
});

test('adding a model twice is adding it once', async (t) => {
  const { store } = await emptyStore();
  const model = await tinyModel();
  t.deepEqual(await store.add(model), await store.add(model));
  t.is((await store.list()).models.length, 1);
});

test('versions count up by name', async (t) => {
  const { store } = await emptyStore();
  await store.add(await tinyModel({ seed: 1 }));
  await store.add(await tinyModel({ seed: 2 }));
  await store.add(await tinyModel({ name: 'other' }));
  const { models } = await store.list();
  t.deepEqual(
    models.map(({ name, version }) => `${name}@${version}`),
    ['other@1', 'tiny@1', 'tiny@2'],
  );
});

test('a model is found by name, by name and version, and by the beginning of its digest', async (t) => {
  const { store } = await emptyStore();
  const first = await store.add(await tinyModel({ seed: 1 }));
  const second = await store.add(await tinyModel({ seed: 2 }));
  t.is((await store.find('tiny')).digest, second.digest);
  t.is((await store.find('tiny@1')).digest, first.digest);
  t.is((await store.find(first.digest.slice(0, 12))).digest, first.digest);
  for (const query of ['tiny@3', 'unknown', first.digest.slice(0, 3), 'ffffffffff', '']) {
    const error = await t.throwsAsync(store.find(query), { instanceOf: AgentError }, query);
    t.is(error?.code, 'model_not_found');
  }
});

test('weights that are not those of the manifest are refused and leave nothing behind', async (t) => {
  const { root, store } = await emptyStore();
  const { manifestText } = await tinyModel({ seed: 1 });
  const { modelBytes } = await tinyModel({ seed: 2 });
  const error = await t.throwsAsync(store.add({ manifestText, modelBytes }), { instanceOf: AgentError });
  t.is(error?.code, 'manifest_digest_mismatch');
  await t.throwsAsync(readdir(root), { code: 'ENOENT' });
});

test('weights cannot take the place of a file of the store', async (t) => {
  const { store } = await emptyStore();
  const { manifestText, modelBytes } = await tinyModel();
  const clash = manifestText.replace('"tiny.onnx"', '"entry.json"');
  const error = await t.throwsAsync(store.add({ manifestText: clash, modelBytes }), {
    instanceOf: AgentError,
  });
  t.is(error?.code, 'manifest_invalid');
  t.is(error?.detail.key, 'model.file');
});

test('a broken folder is reported, passed over, and mended by adding the model again', async (t) => {
  const { root, store } = await emptyStore();
  const model = await tinyModel({ seed: 1 });
  const broken = await store.add(model);
  await store.add(await tinyModel({ seed: 2 }));
  await rm(join(broken.folder, 'entry.json'));
  await mkdir(join(root, 'f'.repeat(64)));
  const { models, problems } = await store.list();
  t.is(models.length, 1);
  t.deepEqual(
    problems.map(({ code }) => code),
    ['state_corrupt', 'state_corrupt'],
  );
  t.true(problems.some(({ detail }) => detail.where === broken.folder));
  t.is((await store.add(model)).digest, broken.digest);
  t.is((await store.list()).models.length, 2);
});

test('a manifest that was changed on disk no longer has the digest of its folder', async (t) => {
  const { store } = await emptyStore();
  const stored = await store.add(await tinyModel());
  const text = await readFile(stored.manifestPath, 'utf8');
  await writeFile(stored.manifestPath, text.replace('0.05', '0.06'));
  const { models, problems } = await store.list();
  t.is(models.length, 0);
  t.is(problems.length, 1);
});

test('a model in use stays, another is removed', async (t) => {
  const { root, store } = await emptyStore();
  const stored = await store.add(await tinyModel());
  const error = await t.throwsAsync(store.remove('tiny', new Set([stored.digest])), {
    instanceOf: AgentError,
  });
  t.is(error?.code, 'model_in_use');
  await store.remove('tiny', new Set());
  t.deepEqual(await readdir(root), []);
});

test('a store that was never written to is empty', async (t) => {
  const { store } = await emptyStore();
  t.deepEqual(await store.list(), { models: [], problems: [] });
  await t.notThrowsAsync(store.sweep());
});

test('what an addition or removal cut short left behind is swept, and what may be under way stays', async (t) => {
  const { root, store } = await emptyStore();
  const stored = await store.add(await tinyModel());
  const longAgo = new Date(Date.now() - 2 * 3600 * 1000);
  for (const [name, old] of [
    ['.new-a', true],
    ['.old-b', true],
    ['.new-c', false],
  ] as const) {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'tiny.onnx'), 'half a mod');
    if (old) await utimes(join(root, name), longAgo, longAgo);
  }
  await utimes(stored.folder, longAgo, longAgo);
  await store.sweep();
  t.deepEqual((await readdir(root)).sort(), ['.new-c', stored.digest]);
});
