import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type ConfigQuery, configJsonSchema, deviceName, loadConfig } from '../../../agent/config.js';
import { AgentError } from '../../../runtime/errors.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const nothing: ConfigQuery = { env: {}, hostName: 'box' };

async function fileOf(text: string): Promise<string> {
  const path = join(tempFolder(), 'detptq.yaml');
  await writeFile(path, text);
  return path;
}

async function refusal(query: Partial<ConfigQuery>): Promise<AgentError> {
  try {
    await loadConfig({ ...nothing, ...query });
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

test('without anything every key has its default', async (t) => {
  const { config, origins } = await loadConfig(nothing);
  t.is(config.http.host, '127.0.0.1');
  t.is(config.http.port, 8080);
  t.is(config.mqtt.broker, 'embedded');
  t.is(config.mqtt.device, 'box');
  t.is(config.calibration.gates.latencyRatio, 1.2);
  t.is(config.model.path, undefined);
  t.deepEqual(new Set(Object.values(origins)), new Set(['default']));
});

test('flags override the environment, which overrides the file, and each value says where it is from', async (t) => {
  const file = await fileOf('http:\n  host: 0.0.0.0\n  port: 1\n  maxPixels: 5\n');
  const { config, origins } = await loadConfig({
    ...nothing,
    file,
    env: { DETPTQ_HTTP__PORT: '2', DETPTQ_HTTP__MAX_PIXELS: '6', PATH: '/bin' },
    flags: { 'http.maxPixels': '7' },
  });
  t.like(config.http, { host: '0.0.0.0', port: 2, maxPixels: 7 });
  t.is(origins['http.host'], `file ${file}`);
  t.is(origins['http.port'], 'env DETPTQ_HTTP__PORT');
  t.is(origins['http.maxPixels'], 'flag');
});

test('a number of threads may also be the word auto, and no other', async (t) => {
  const threads = async (text: string) =>
    (await loadConfig({ ...nothing, flags: { 'inference.threads': text } })).config.inference.threads;
  t.is(await threads('auto'), 'auto');
  t.is(await threads('3'), 3);
  t.is((await refusal({ flags: { 'inference.threads': 'many' } })).code, 'config_invalid');
});

test('an unknown key names the nearest known one and its source', async (t) => {
  const file = await fileOf('htpp:\n  port: 1\n');
  for (const [query, nearest, where] of [
    [{ file }, 'http.port', file],
    [{ file: await fileOf('http: {prot: 1}') }, 'http.port', 'detptq.yaml'],
    [{ env: { DETPTQ_HTTP_PORT: '1' } }, 'DETPTQ_HTTP__PORT', 'environment'],
    [{ flags: { 'calibration.frame': 3 } }, 'calibration.frames', 'command line'],
  ] as const) {
    const error = await refusal(query);
    t.is(error.code, 'config_invalid');
    t.is(error.detail.nearest, nearest);
    t.true(error.message.includes(where), error.message);
  }
});

test('a value out of its range or of another type names key, source and value', async (t) => {
  for (const [flags, key] of [
    [{ 'http.port': 70_000 }, 'http.port'],
    [{ 'http.port': 'eighty' }, 'http.port'],
    [{ 'http.port': '80.5' }, 'http.port'],
    [{ 'calibration.weightBits': 9 }, 'calibration.weightBits'],
    [{ 'calibration.recipe': 'slow' }, 'calibration.recipe'],
    [{ 'calibration.gates.agreementMap': '1.1' }, 'calibration.gates.agreementMap'],
    [{ 'mqtt.broker': 'somewhere:1883' }, 'mqtt.broker'],
    [{ 'mqtt.device': 'a/b' }, 'mqtt.device'],
    [{ 'mqtt.device': '' }, 'mqtt.device'],
  ] as const) {
    const error = await refusal({ flags });
    t.is(error.code, 'config_invalid');
    t.is(error.detail.key, key);
    t.is(error.detail.where, 'flag');
    t.is(String(error.detail.got), String(Object.values(flags)[0]));
    t.true(error.message.endsWith(`got ${JSON.stringify(error.detail.got)}`), error.message);
  }
});

test('numbers in the environment are numbers, and text that looks like one stays text where text is expected', async (t) => {
  const { config } = await loadConfig({
    ...nothing,
    env: { DETPTQ_CALIBRATION__GATES__LATENCY_RATIO: '1e1', DETPTQ_MQTT__DEVICE: '42' },
  });
  t.is(config.calibration.gates.latencyRatio, 10);
  t.is(config.mqtt.device, '42');
});

test('an empty file, an empty section and an empty value leave the defaults', async (t) => {
  for (const text of ['', '# nothing\n', 'http:\n', 'http:\n  port:\n', '{}']) {
    const { config } = await loadConfig({ ...nothing, file: await fileOf(text) });
    t.is(config.http.port, 8080, text);
  }
});

test('a file that is no YAML mapping is refused', async (t) => {
  for (const text of ['- a\n- b\n', '"text"', 'http: [1', 'http: 8080', 'http: {port: 1}\nhttp: {port: 2}']) {
    const error = await refusal({ file: await fileOf(text) });
    t.is(error.code, 'config_invalid', text);
  }
});

test('a file that is named and absent is an error', async (t) => {
  const error = await refusal({ file: '/nowhere/detptq.yaml' });
  t.is(error.code, 'file_not_found');
});

test('where state lies and which file is read are no keys', async (t) => {
  await t.notThrowsAsync(loadConfig({ ...nothing, env: { DETPTQ_STATE_DIR: '/x', DETPTQ_CONFIG: '/y' } }));
});

test('the configuration cannot be changed', async (t) => {
  const { config } = await loadConfig(nothing);
  t.throws(() => Object.assign(config.calibration.gates, { agreementMap: 0 }), { instanceOf: TypeError });
});

test('a host name becomes a topic segment', (t) => {
  t.is(deviceName('raspberrypi'), 'raspberrypi');
  t.is(deviceName('cam.hall.example'), 'cam-hall-example');
  t.is(deviceName('x'.repeat(80)), 'x'.repeat(64));
  t.is(deviceName(''), 'device');
});

test('the JSON Schema says type, default, unit, range, meaning and restart of a key', (t) => {
  const schema = configJsonSchema() as { properties: { http: { properties: Record<string, object> } } };
  t.like(schema.properties.http.properties.maxBodyBytes, {
    type: 'integer',
    default: 20_000_000,
    minimum: 1024,
    unit: 'B',
    requiresRestart: true,
  });
});
