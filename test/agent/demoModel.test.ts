import test from 'ava';
import { loadConfig } from '../../agent/config.js';
import { demoDefaults } from '../../agent/demoModel.js';
import { tinyDetector } from '../helpers/tinyDetector.js';

const demo = { modelPath: '/opt/demo.json', cameraSource: 'synthetic:hall?seed=1' };
const configOf = (flags: Readonly<Record<string, unknown>>) =>
  loadConfig({ env: {}, hostName: 'box', demo, flags });

test('with nothing configured the demo detector watches a synthetic camera, and both say so', async (t) => {
  const { config, origins, isDemo } = await configOf({});
  t.true(isDemo);
  t.deepEqual(config.model, { path: demo.modelPath });
  t.deepEqual(config.camera, { source: demo.cameraSource });
  t.is(origins['model.path'], 'demo');
  t.is(origins['camera.source'], 'demo');
});

test('another synthetic camera keeps the demo detector', async (t) => {
  const { config, origins, isDemo } = await configOf({ 'camera.source': 'synthetic:yard?seed=2' });
  t.true(isDemo);
  t.is(config.model.path, demo.modelPath);
  t.is(config.camera.source, 'synthetic:yard?seed=2');
  t.is(origins['camera.source'], 'flag');
});

test('a configured detector gets no camera, and a real camera no detector', async (t) => {
  const detector = await configOf({ 'model.path': '/opt/mine.json' });
  t.false(detector.isDemo);
  t.deepEqual(detector.config.camera, {});
  const camera = await configOf({ 'camera.source': '/var/lib/camera' });
  t.false(camera.isDemo);
  t.deepEqual(camera.config.model, {});
});

test('the environment names another demo detector; one that is not there is none', async (t) => {
  const { manifest } = await tinyDetector();
  t.is(demoDefaults({ DETPTQ_DEMO_MODEL: manifest })?.modelPath, manifest);
  t.is(demoDefaults({ DETPTQ_DEMO_MODEL: '/nowhere/demo.json' }), undefined);
});

test('the variable that names the demo detector is no key', async (t) => {
  const env = { DETPTQ_DEMO_MODEL: '/opt/other.json' };
  await t.notThrowsAsync(loadConfig({ env, hostName: 'box' }));
});
