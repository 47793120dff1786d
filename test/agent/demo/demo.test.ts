import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Demo, type DemoOptions } from '../../../agent/demo/demo.js';
import { DemoDevice } from '../../../agent/demo/demoDevice.js';
import { AgentError } from '../../../runtime/errors.js';
import { projectRoot } from '../../helpers/paths.js';
import { silentLog } from '../../helpers/silentLog.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

/** Networks of a few microseconds and no training: neither ratio says anything. */
const noGates = { 'calibration.gates.latencyRatio': 100, 'calibration.gates.agreementMap': 0 };

/** Returns a demo of a tiny detector that is not trained, what it tells and where it draws. */
async function tinyDemo(t: ExecutionContext, options: Partial<DemoOptions> = {}) {
  const { manifest } = await tinyDetector({ labels: ['parcel', 'bottle'] });
  const told: string[] = [];
  const pictures = join(tempFolder(), 'pictures');
  const demo = new Demo({
    ...{ modelPath: manifest, seed: 3, recipe: 'fast', frames: 2, measureMs: 700, pictures },
    cliScript: `${projectRoot}dist/agent/cli.js`,
    log: silentLog,
    teller: {
      begin: (name, sentence) => void told.push(`${name}: ${sentence}`),
      progress: () => undefined,
      detail: (sentence) => void told.push(sentence),
    },
    signal: new AbortController().signal,
    ...options,
    settings: { ...noGates, 'calibration.heldOut': 3, 'calibration.soakS': 0, ...options.settings },
  });
  t.teardown(() => demo.stop());
  return { demo, told, pictures };
}

test('the demo tells the whole loop, from a float detector to its quantized one under load', async (t) => {
  const { demo, told, pictures } = await tinyDemo(t);
  const result = await demo.run();
  t.deepEqual(
    result.steps.map(({ name }) => name),
    ['start', 'load', 'command', 'gather', 'search', 'judge', 'swap', 'watch', 'measure', 'annotate'],
  );
  t.true(result.steps.every(({ seconds }) => seconds >= 0));
  t.true(told.includes('gather: The agent takes 7 pictures from its camera, a rendered conveyor belt.'));

  const { before, after, swap } = result;
  t.like(before.model, { name: 'tiny', version: '1', precision: 'float32' });
  t.like(after.model, { name: 'tiny', version: '2', precision: 'int8' });
  for (const side of [before, after]) {
    t.true(side.latencyMs.p95 >= side.latencyMs.p50 && side.latencyMs.p50 > 0);
    t.true(side.answerMs.n > 0 && side.answerMs.p50 >= side.latencyMs.p50);
    t.true(side.mAP !== null && side.mAP >= 0 && side.AP50! >= side.mAP);
    t.true(side.sizeBytes > 0);
  }
  t.true(after.agreementMap > 0 && after.search.passes > 0);
  t.true(swap.requests >= before.answerMs.n + after.answerMs.n);
  t.like(swap, { failed: 0, mixed: 0 });
  t.true(swap.gapMs >= 0);

  t.is(result.pictures, pictures);
  t.deepEqual((await readdir(pictures)).length, 9);
  t.is((await fetch(`${demo.url}/readyz`)).status, 200);
  await demo.stop();
  await t.throwsAsync(fetch(`${demo.url}/readyz`));
});

test('a demo that is given up while it searches leaves nothing behind', async (t) => {
  const abort = new AbortController();
  const reason = new AgentError('aborted', 'enough');
  const { demo, pictures } = await tinyDemo(t, {
    signal: abort.signal,
    teller: {
      begin: (name) => name === 'search' && abort.abort(reason),
      progress: () => undefined,
      detail: () => undefined,
    },
  });
  t.is(await t.throwsAsync(demo.run()), reason);
  await demo.stop();
  await t.throwsAsync(access(pictures), { code: 'ENOENT' });
  await t.throwsAsync(fetch(`${demo.url}/readyz`));
});

test('the demo finds its device under whatever topics the settings give it', async (t) => {
  const { manifest } = await tinyDetector();
  const device = new DemoDevice({
    ...{
      modelPath: manifest,
      seed: 1,
      recipe: 'fast',
      frames: 2,
      cliScript: '/nowhere/cli.js',
      log: silentLog,
    },
    settings: { 'mqtt.base': 'plant', 'mqtt.group': 'line-2', 'mqtt.device': 'box-7' },
    signal: new AbortController().signal,
  });
  t.teardown(() => device.stop());
  const { topics, model } = await device.start();
  t.is(topics.state, 'plant/v1/line-2/box-7/state');
  t.is(model.name, 'tiny');
});

for (const [key, value] of [
  ['mqtt.broker', 'mqtt://127.0.0.1:1'],
  ['mqtt.embeddedHost', '0.0.0.0'],
] as const) {
  test(`the demo refuses ${key} ${value}, where its commands would not be taken`, async (t) => {
    const { demo } = await tinyDemo(t, { settings: { [key]: value } });
    const error = await t.throwsAsync(demo.run(), { instanceOf: AgentError });
    t.is(error?.code, 'config_invalid');
    t.true(error?.message.includes(value));
  });
}

test('a calibration that a gate refuses is the error of the demo', async (t) => {
  const { demo, told } = await tinyDemo(t, {
    measureMs: 1,
    settings: { 'calibration.gates.latencyRatio': 1e-9 },
  });
  const error = await t.throwsAsync(demo.run(), { instanceOf: AgentError });
  t.is(error?.code, 'gate_latency');
  t.is(error?.detail.required, 1e-9);
  t.false(told.some((sentence) => sentence.startsWith('measure')));
});

test('a detector that cannot be read is the error of the demo', async (t) => {
  const { demo } = await tinyDemo(t, { modelPath: '/nowhere/model.json' });
  const error = await t.throwsAsync(demo.run(), { instanceOf: AgentError });
  t.is(error?.code, 'no_model');
  t.regex(error!.message, /\/nowhere\/model\.json/);
});
