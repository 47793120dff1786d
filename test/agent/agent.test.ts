import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { litertHint } from '../../agent/engines/litertHint.js';
import { queuedJob, transition } from '../../agent/jobs/jobRecord.js';
import { Journal } from '../../agent/jobs/journal.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { selectEngine } from '../../runtime/engines/registry.js';
import { AgentError } from '../../runtime/errors.js';
import { recordSelfTest } from '../../runtime/serving/selfTest.js';
import { fakeCli } from '../helpers/fakeCli.js';
import { folderOf, jpeg } from '../helpers/frameFolders.js';
import { engineTest } from '../helpers/requires.js';
import { makeAgent, type StartAgentOptions, startAgent } from '../helpers/startAgent.js';
import { tempFolder } from '../helpers/tempFolder.js';
import { tinyDetector } from '../helpers/tinyDetector.js';
import { until } from '../helpers/until.js';

const wasmTest = await engineTest('tfjs-wasm');

const calibrate = { action: 'create', kind: 'calibrate', params: { frames: 2, heldOut: 2 } };
const rollback = { action: 'create', kind: 'rollback' };

/** Starts an agent with a tiny detector and a folder of four pictures as its camera. */
async function startEquipped(t: ExecutionContext, options: StartAgentOptions = {}) {
  const { manifest } = await tinyDetector();
  const pictures: Record<string, Uint8Array> = {};
  for (const brightness of [30, 90, 150, 210]) pictures[`${brightness}.jpg`] = await jpeg(brightness);
  const camera = await folderOf(pictures);
  const flags = { 'model.path': manifest, 'camera.source': camera, ...options.flags };
  const started = await startAgent(t, { ...options, flags });
  const image = await jpeg(120);
  return {
    ...started,
    flags,
    detect: async () => {
      const response = await fetch(`${started.addresses.http}/v1/detect`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg' },
        body: new Uint8Array(image),
      });
      return {
        status: response.status,
        body: (await response.json()) as { model: { digest: string; engine: string; precision: string } },
      };
    },
  };
}

test('an agent with nothing configured starts, says what is missing, and answers a ping', async (t) => {
  const { addresses, operator, topics, finish } = await startAgent(t);
  const ready = await fetch(`${addresses.http}/readyz`);
  t.is(ready.status, 503);
  const { error } = (await ready.json()) as { error: { code: string; message: string } };
  t.is(error.code, 'no_model');
  t.regex(error.message, /model\.path/);
  t.is((await fetch(`${addresses.http}/healthz`)).status, 200);
  t.is((await operator.next(topics.status)).state, 'online');
  t.like(await operator.next(topics.state), { active: null, ready: false, reason: { code: 'no_model' } });
  t.is((await finish('p', { action: 'create', kind: 'ping' })).status, 'SUCCEEDED');
  t.is((await finish('c', calibrate)).reason.code, 'no_model');
  t.is((await finish('r', rollback)).reason.code, 'nothing_to_roll_back');
});

test('that LiteRT would run here is said once, at the start, where it is not installed', async (t) => {
  const lines: { msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { manifest } = await tinyDetector();
  const { finish } = await startAgent(t, { log, flags: { 'model.path': manifest } });
  await finish('p', { action: 'create', kind: 'ping' });
  const hints = lines.filter(({ msg }) => msg.includes('detptq engines install litert'));
  t.is(hints.length, (await litertHint()) === undefined ? 0 : 1);
});

test('a calibration goes through its steps to a new model, and a rollback goes back', async (t) => {
  const { detect, finish, operator, topics, stateRoot } = await startEquipped(t, {
    cliScript: await fakeCli(),
  });
  const before = await detect();
  t.is(before.status, 200);

  const done = await finish('c', calibrate);
  t.is(done.status, 'SUCCEEDED', JSON.stringify(done.reason));
  const after = await detect();
  t.not(after.body.model.digest, before.body.model.digest);
  t.like(done.metrics, {
    model: { name: 'tiny', version: '2', precision: 'int8', digest: after.body.model.digest },
    previous: { version: '1', precision: 'float32', digest: before.body.model.digest },
    after: { agreementMap: 0.9 },
    search: { chosen: 'bestGlobalP', passes: 1 },
  });
  t.true(done.metrics.before.latencyMs.p50 > 0 && done.metrics.after.latencyMs.p95 > 0);

  const statuses = operator.on(topics.jobStatus('c'));
  const steps = statuses.map(({ step }) => step).filter((step) => step !== null);
  t.deepEqual(
    [...new Set(steps)],
    ['validating', 'collecting', 'searching', 'evaluating', 'warming', 'swapping', 'soaking'],
  );
  t.true(statuses.every(({ seq }, index) => index === 0 || seq > statuses[index - 1].seq));
  const quality = await operator.next(topics.telemetryQuality);
  t.like(quality, { agreementMap: 0.9, source: 'float-teacher', modelDigest: after.body.model.digest, n: 1 });
  await until(() => readdirSync(join(stateRoot, 'work')).length === 0);

  const back = await finish('r', rollback);
  t.is(back.status, 'SUCCEEDED');
  t.is((await detect()).body.model.digest, before.body.model.digest);
  t.is((await finish('c', calibrate)).seq, done.seq);
});

wasmTest('a calibration and a rollback go from one engine to another', async (t) => {
  const { addresses, detect, finish } = await startEquipped(t, {
    cliScript: await fakeCli(),
    flags: { 'inference.engine': 'tfjs-wasm', 'inference.quantizedEngine': 'onnxruntime' },
  });
  t.like((await detect()).body.model, { engine: 'tfjs-wasm', precision: 'float32' });
  const done = await finish('c', calibrate);
  t.is(done.status, 'SUCCEEDED', JSON.stringify(done.reason));
  t.like((await detect()).body.model, { engine: 'onnxruntime', precision: 'int8' });
  t.is((await finish('r', rollback)).status, 'SUCCEEDED');
  t.like((await detect()).body.model, { engine: 'tfjs-wasm', precision: 'float32' });
  const { models } = (await (await fetch(`${addresses.http}/v1/models`)).json()) as {
    models: { precision: string; active: boolean }[];
  };
  t.deepEqual(models.map(({ precision }) => precision).sort(), ['float32', 'int8']);
});

// The Chromium is the process's, so no other agent may start meanwhile.
test.serial('an engine that is named and does not work ends the start', async (t) => {
  const flags = { 'engines.chromium': '/nowhere/chromium', 'calibration.engine': 'tfjs-webgl' };
  const { agent } = await makeAgent({ flags });
  const error = await t.throwsAsync(agent.start(), { code: 'engine_unavailable' });
  t.regex(error?.message ?? '', /tfjs-webgl.*\/nowhere\/chromium/);
});

const labelledCamera = { 'camera.source': 'synthetic:hall?seed=1&width=128&height=96' };

test('on frames whose truth is known the mAP of both models is measured and told', async (t) => {
  const accuracy = { float: { AP: 0.625, AP50: 0.875 }, candidate: { AP: 0.5, AP50: 0.75 } };
  const { addresses, finish, operator, topics } = await startEquipped(t, {
    cliScript: await fakeCli({ accuracy }),
    flags: labelledCamera,
  });
  const { status, metrics, reason } = await finish('c', calibrate);
  t.is(status, 'SUCCEEDED', JSON.stringify(reason));
  t.like(metrics, {
    before: { mAP: 0.625, AP50: 0.875 },
    after: { mAP: 0.5, AP50: 0.75, agreementMap: 0.9 },
    float: { mAP: 0.625, AP50: 0.875 },
  });
  t.like(await operator.next(topics.telemetryQuality), {
    ...{ mAP: 0.5, AP50: 0.75, agreementMap: 0.9, source: 'labels', n: 2 },
    modelDigest: metrics.model.digest,
  });
  const exposed = await (await fetch(`${addresses.http}/metrics`)).text();
  t.true(exposed.includes('detptq_map_ratio 0.5'));

  const again = await finish('d', calibrate);
  t.like(again.metrics, { before: { mAP: 0.5 }, after: { mAP: 0.5 }, float: { mAP: 0.625 } });
});

for (const [what, accuracy] of [
  ['labels that the detector does not know', undefined],
  ['frames that show nothing', { float: { AP: -1, AP50: -1 }, candidate: { AP: -1, AP50: -1 } }],
] as const) {
  test(`${what} are no labels`, async (t) => {
    const { finish, operator, topics } = await startEquipped(t, {
      cliScript: await fakeCli(accuracy && { accuracy }),
      flags: labelledCamera,
    });
    const { status, metrics } = await finish('c', calibrate);
    t.is(status, 'SUCCEEDED');
    t.false('mAP' in metrics.before || 'mAP' in metrics.after || 'float' in metrics);
    const quality = await operator.next(topics.telemetryQuality);
    t.is(quality.source, 'float-teacher');
    t.false('mAP' in quality);
  });
}

test('a candidate below the gate is refused with the numbers, and what serves is not touched', async (t) => {
  const { detect, finish, operator, topics, stateRoot } = await startEquipped(t, {
    cliScript: await fakeCli({ agreementMap: 0.5 }),
  });
  const before = await detect();
  const refused = await finish('c', calibrate);
  t.is(refused.status, 'FAILED');
  t.is(refused.step, 'evaluating');
  t.is(refused.reason.code, 'gate_agreement');
  t.deepEqual(refused.reason.detail, { required: 0.7, measured: 0.5, n: 1 });
  t.is((await operator.next(topics.telemetryQuality)).agreementMap, 0.5);
  t.deepEqual((await detect()).body.model, before.body.model);
  t.is((await readdir(join(stateRoot, 'models'))).length, 1);
});

test('a candidate that was judged on frames of nothing is refused, however well it agrees', async (t) => {
  const { finish, stateRoot } = await startEquipped(t, {
    cliScript: await fakeCli({ agreementMap: 1, detections: 0 }),
  });
  const refused = await finish('c', calibrate);
  t.is(refused.status, 'FAILED');
  t.is(refused.reason.code, 'gate_detections');
  t.like(refused.reason.detail, { required: 5, measured: 0, n: 1 });
  t.is((await readdir(join(stateRoot, 'models'))).length, 1);
});

/** Returns the self-test of a tiny detector, as JSON. */
async function recordedOf(seed: number): Promise<string> {
  const files = await readModelFiles((await tinyDetector({ seed })).manifest);
  const detector = await loadDetector(files, await selectEngine('auto'));
  try {
    return JSON.stringify(await recordSelfTest(detector, [await jpeg(90), await jpeg(180)]));
  } finally {
    await detector.dispose();
  }
}

test('a candidate that makes of the recorded frames what was recorded is put in service', async (t) => {
  const { finish } = await startEquipped(t, { cliScript: await fakeCli({ selfTest: await recordedOf(1) }) });
  t.is((await finish('c', calibrate)).status, 'SUCCEEDED');
});

test('a candidate that makes something else of them is not', async (t) => {
  const { detect, finish, stateRoot } = await startEquipped(t, {
    cliScript: await fakeCli({ selfTest: await recordedOf(9) }),
  });
  const before = await detect();
  const refused = await finish('c', calibrate);
  t.like(refused, { status: 'FAILED', step: 'warming', reason: { code: 'swap_check_failed' } });
  t.deepEqual((await detect()).body.model, before.body.model);
  t.deepEqual(await readdir(join(stateRoot, 'models')), [before.body.model.digest]);
});

test('a search that is killed is begun again once, then the job has FAILED, and serving never notices', async (t) => {
  const { detect, finish, operator, topics } = await startEquipped(t, {
    cliScript: await fakeCli({ search: 'wait' }),
  });
  const before = await detect();
  const finishing = finish('c', calibrate);
  const searchBut = async (pid?: string) => {
    const isNew = ({ progress }: { progress: { stage?: string } | null }) =>
      progress?.stage !== undefined && progress.stage !== pid;
    const { progress } = await operator.next(topics.jobStatus('c'), isNew);
    process.kill(Number(progress.stage), 'SIGKILL');
    return progress.stage;
  };
  await searchBut(await searchBut());
  const failed = await finishing;
  t.is(failed.status, 'FAILED');
  t.is(failed.step, 'searching');
  t.is(failed.reason.code, 'child_failed');
  t.is(failed.reason.detail.got, 'signal SIGKILL');
  t.deepEqual((await detect()).body.model, before.body.model);
  t.is((await finish('p', { action: 'create', kind: 'ping' })).status, 'SUCCEEDED');
});

test('an error of the search is the reason of the job', async (t) => {
  const { finish } = await startEquipped(t, { cliScript: await fakeCli({ search: 'fail' }) });
  const failed = await finish('c', calibrate);
  t.like(failed, { status: 'FAILED', step: 'searching', reason: { code: 'weights_not_finite' } });
});

test('a cancelled search ends its child', async (t) => {
  const { finish, operator, topics } = await startEquipped(t, {
    cliScript: await fakeCli({ search: 'wait' }),
  });
  const finishing = finish('c', calibrate);
  const searching = await operator.next(topics.jobStatus('c'), ({ progress }) => progress?.stage);
  await operator.publish(topics.jobCommands.replace('+', 'c'), { action: 'cancel' });
  const canceled = await finishing;
  t.like(canceled, { status: 'CANCELED', reason: { code: 'aborted' } });
  t.throws(() => process.kill(Number(searching.progress.stage), 0), { code: 'ESRCH' });
});

test('a job cancelled while the new model soaks goes back to the old one', async (t) => {
  const { detect, finish, operator, topics, stateRoot } = await startEquipped(t, {
    cliScript: await fakeCli(),
    flags: { 'calibration.soakS': 3600 },
  });
  const before = await detect();
  const pointer = await readFile(join(stateRoot, 'active.json'), 'utf8');
  const finishing = finish('c', calibrate);
  await operator.next(topics.jobStatus('c'), ({ step }) => step === 'soaking');
  t.not((await detect()).body.model.digest, before.body.model.digest);
  await operator.publish(topics.jobCommands.replace('+', 'c'), { action: 'cancel' });
  const canceled = await finishing;
  t.like(canceled, { status: 'CANCELED', step: 'rolling_back' });
  t.deepEqual((await detect()).body.model, before.body.model);
  t.is(await readFile(join(stateRoot, 'active.json'), 'utf8'), pointer);
});

test('an agent killed while the new model soaks starts with the old one', async (t) => {
  const { detect, flags, finish, operator, topics, stateRoot } = await startEquipped(t, {
    cliScript: await fakeCli(),
    flags: { 'calibration.soakS': 3600 },
  });
  const before = (await detect()).body.model.digest;
  const finishing = finish('c', calibrate);
  await operator.next(topics.jobStatus('c'), ({ step }) => step === 'soaking');
  t.not((await detect()).body.model.digest, before);
  // What a kill at this moment leaves behind.
  const killed = join(tempFolder(), 'state');
  await cp(stateRoot, killed, { recursive: true });
  await rm(join(killed, 'agent.lock'));
  await operator.publish(topics.jobCommands.replace('+', 'c'), { action: 'cancel' });
  await finishing;

  const again = await startAgent(t, { flags, stateRoot: killed });
  const state = await again.operator.next(again.topics.state);
  t.like(state, { active: { digest: before }, previous: null, lastGood: { digest: before } });
});

test('bad commands are rejected with a reason and counted, and the agent goes on', async (t) => {
  const { addresses, finish, operator, topics } = await startEquipped(t);
  for (const [jobId, command, code] of [
    ['text', 'calibrate!', 'command_malformed'],
    ['kind', { action: 'create', kind: 'fly' }, 'command_unknown'],
    ['action', { action: 'explode' }, 'command_unknown'],
    ['params', { action: 'create', kind: 'calibrate', params: { frames: -1 } }, 'command_malformed'],
    ['nothing', { action: 'cancel' }, 'job_not_found'],
    ['bad id', { action: 'create', kind: 'ping' }, 'command_malformed'],
  ] as const) {
    const rejected = await finish(jobId, command);
    t.is(rejected.status, 'REJECTED', jobId);
    t.is(rejected.reason.code, code, jobId);
  }
  t.is((await finish('kind', { action: 'create', kind: 'ping' })).status, 'REJECTED');
  await operator.next(topics.jobStatus('kind'), ({ status }) => status === 'SUCCEEDED');
  const metrics = await (await fetch(`${addresses.http}/metrics`)).text();
  t.true(metrics.includes('detptq_commands_refused_total{reason="command_unknown"} 2'));
  t.true(metrics.includes('detptq_commands_refused_total{reason="job_not_found"} 1'));
  t.is((await fetch(`${addresses.http}/readyz`)).status, 200);
});

test('a command is on disk when its sender hears that it arrived', async (t) => {
  const { operator, stateRoot, topics } = await startAgent(t);
  await operator.publish(topics.jobCommands.replace('+', 'p'), { action: 'create', kind: 'ping' });
  t.true(existsSync(join(stateRoot, 'jobs', 'p.json')));
});

test('a command that the embedded broker was asked to retain is refused', async (t) => {
  const { operator, topics } = await startAgent(t);
  const command = { action: 'create', kind: 'ping' };
  await operator.publish(topics.jobCommands.replace('+', 'p'), command, { retain: true });
  t.like(await operator.next(topics.jobStatus('p')), {
    status: 'REJECTED',
    reason: { code: 'command_retained' },
  });
});

test('an agent killed while a job searches goes on with it at its next start, on the frames that it has', async (t) => {
  const { flags, finish, operator, topics, stateRoot } = await startEquipped(t, {
    cliScript: await fakeCli({ search: 'wait' }),
  });
  const finishing = finish('c', calibrate);
  await operator.next(topics.jobStatus('c'), ({ progress, step }) => step === 'searching' && progress);
  // What a kill at this moment leaves behind.
  const killed = join(tempFolder(), 'state');
  await cp(stateRoot, killed, { recursive: true });
  await rm(join(killed, 'agent.lock'));
  await operator.publish(topics.jobCommands.replace('+', 'c'), { action: 'cancel' });
  await finishing;

  const again = await startAgent(t, {
    ...{ stateRoot: killed, cliScript: await fakeCli() },
    flags: { ...flags, 'camera.source': await folderOf({}) },
  });
  const ended = await again.operator.next(
    again.topics.jobStatus('c'),
    ({ status }) => status === 'SUCCEEDED',
  );
  t.like(ended, { attempt: 2, metrics: { search: { frames: { search: 2 } } } });
  await until(() => readdirSync(join(killed, 'work')).length === 0);
});

test('a job that was open when the agent was killed has failed, and says so to whoever connects later', async (t) => {
  const { agent, stateRoot } = await makeAgent();
  await agent.start();
  await agent.stop();
  const at = new Date().toISOString();
  const queued = queuedJob({ jobId: 'lost', kind: 'calibrate', params: {} }, { seq: 5, at });
  const open = transition(queued, { type: 'start' }, { seq: 6, at });
  await new Journal(join(stateRoot, 'jobs')).write(open);
  const { operator, topics } = await startAgent(t, { stateRoot });
  const failed = await operator.next(topics.jobStatus('lost'));
  t.like(failed, { status: 'FAILED', reason: { code: 'job_interrupted' } });
  t.true(failed.seq > 5);
});

test('a restart serves the model that served before, and a broken one is passed over for the last good', async (t) => {
  const { manifest } = await tinyDetector();
  const pictures = await folderOf({
    'a.jpg': await jpeg(40),
    'b.jpg': await jpeg(140),
    'c.jpg': await jpeg(220),
  });
  const flags = { 'model.path': manifest, 'camera.source': pictures };
  const first = await startAgent(t, { flags, cliScript: await fakeCli() });
  const { metrics } = await first.finish('c', calibrate);
  await first.agent.stop();
  t.is(first.operator.on(first.topics.status).at(-1).state, 'stopped');

  const { stateRoot } = first;
  const again = await startAgent(t, { flags, stateRoot });
  t.is((await again.operator.next(again.topics.state)).active.digest, metrics.model.digest);
  await again.agent.stop();

  await writeFile(join(stateRoot, 'models', metrics.model.digest, 'tiny.onnx'), 'no model');
  const mended = await startAgent(t, { flags, stateRoot });
  const state = await mended.operator.next(mended.topics.state);
  t.is(state.active.digest, metrics.previous.digest);
  t.like(state, { ready: true, lastGood: { digest: metrics.previous.digest }, previous: null });
});

test('a corrupt pointer is passed over for the configured model', async (t) => {
  const { manifest } = await tinyDetector();
  const flags = { 'model.path': manifest };
  const { agent, stateRoot } = await makeAgent({ flags });
  await agent.start();
  await agent.stop();
  await writeFile(join(stateRoot, 'active.json'), '{"active":');
  const { operator, topics } = await startAgent(t, { flags, stateRoot });
  t.like(await operator.next(topics.state), { ready: true, active: { name: 'tiny', version: '1' } });
});

test('a model that cannot be read leaves the agent running and not ready, with the reason', async (t) => {
  const { addresses } = await startAgent(t, { flags: { 'model.path': '/nowhere/model.json' } });
  const { error } = (await (await fetch(`${addresses.http}/readyz`)).json()) as { error: { code: string } };
  t.is(error.code, 'file_not_found');
});

test('another configured model takes the place of one that was not made from it', async (t) => {
  const [one, two] = [await tinyDetector({ seed: 1 }), await tinyDetector({ seed: 2, name: 'two' })];
  const { agent, stateRoot } = await makeAgent({ flags: { 'model.path': one.manifest } });
  await agent.start();
  await agent.stop();
  const { operator, topics } = await startAgent(t, { stateRoot, flags: { 'model.path': two.manifest } });
  t.like(await operator.next(topics.state), { active: { name: 'two' }, ready: true });
});

test('latency windows are reported with the model that answered', async (t) => {
  const { detect, operator, topics } = await startEquipped(t, { flags: { 'telemetry.latencyWindowS': 1 } });
  const { body } = await detect();
  const report = await operator.next(topics.telemetryLatency);
  t.like(report, { n: 1, modelDigest: body.model.digest });
  t.true(report.p50Ms >= report.infer.p50Ms && report.infer.p50Ms > 0);
});

test('a port that is taken and a state folder that is taken are clear errors, and nothing is left running', async (t) => {
  const taken = createServer();
  taken.listen({ host: '127.0.0.1', port: 0 });
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  for (const flags of [{ 'http.port': port }, { 'mqtt.embeddedPort': port }]) {
    const { agent, stateRoot } = await makeAgent({ flags });
    const error = await t.throwsAsync(agent.start(), { instanceOf: AgentError });
    t.is(error?.code, 'port_in_use');
    const free = await makeAgent({ stateRoot });
    await free.agent.start();
    const locked = await t.throwsAsync((await makeAgent({ stateRoot })).agent.start(), {
      instanceOf: AgentError,
    });
    t.is(locked?.code, 'state_locked');
    await free.agent.stop();
  }
});
