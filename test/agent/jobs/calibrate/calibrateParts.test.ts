import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../../../agent/config.js';
import type { JobContext } from '../../../../agent/jobs/jobKind.js';
import { parseCalibrateParams } from '../../../../agent/jobs/kinds/calibrate/calibrateParams.js';
import { parseAgreement, parseQuantizeResult } from '../../../../agent/jobs/kinds/calibrate/childResults.js';
import {
  type CollectedFrames,
  collectFrames,
  readCollected,
} from '../../../../agent/jobs/kinds/calibrate/collectFrames.js';
import { compareLatency } from '../../../../agent/jobs/kinds/calibrate/compareLatency.js';
import {
  assertAgreement,
  assertDetections,
  assertLatency,
} from '../../../../agent/jobs/kinds/calibrate/gates.js';
import { soak } from '../../../../agent/jobs/kinds/calibrate/soak.js';
import { WatchedSlot } from '../../../../agent/models/watchedSlot.js';
import { readGroundTruth } from '../../../../calibrate/evaluate/groundTruthFile.js';
import { folderSource } from '../../../../calibrate/frames/folderSource.js';
import { syntheticCamera } from '../../../../calibrate/frames/synthetic/syntheticCamera.js';
import { AgentError } from '../../../../runtime/errors.js';
import { FakeModel, type FakeModelOptions } from '../../../helpers/fakeModel.js';
import { folderOf, jpeg } from '../../../helpers/frameFolders.js';
import { Gate } from '../../../helpers/gate.js';
import { tempFolder } from '../../../helpers/tempFolder.js';

const { config } = await loadConfig({ env: {}, hostName: 'box' });
const never = new AbortController().signal;
const context: JobContext = {
  jobId: 'job',
  attempt: 1,
  signal: never,
  enterStep: async () => undefined,
  enterCleanUp: async () => undefined,
  reportProgress: () => undefined,
};
const paramsOf = (params: object) => parseCalibrateParams({ ...params }, config.calibration);

test('what a command leaves out is as configured, gate by gate', (t) => {
  const params = paramsOf({ frames: 8, gates: { agreementMap: 0.99 }, unknown: 1 });
  t.deepEqual(params, {
    frames: 8,
    heldOut: 32,
    recipe: 'balanced',
    weightBits: 8,
    activationBits: 8,
    lowBitShare: 1,
    seed: 1,
    gates: { detections: 5, agreementMap: 0.99, latencyRatio: 1.2 },
  });
  t.deepEqual(paramsOf(params), params);
});

for (const [params, where] of [
  [{ frames: 0 }, 'params.frames'],
  [{ frames: '8' }, 'params.frames'],
  [{ weightBits: 1 }, 'params.weightBits'],
  [{ activationBits: 8.5 }, 'params.activationBits'],
  [{ lowBitShare: 1.5 }, 'params.lowBitShare'],
  [{ recipe: 'slow' }, 'params.recipe'],
  [{ gates: { agreementMap: 2 } }, 'params.gates.agreementMap'],
  [{ gates: { agreement: 0.9 } }, 'params.gates'],
  [{ gates: 'none' }, 'params.gates'],
] as const) {
  test(`the parameters ${JSON.stringify(params)} are malformed`, (t) => {
    const error = t.throws(() => paramsOf(params), { instanceOf: AgentError });
    t.is(error?.code, 'command_malformed');
    t.is(error?.detail.where, where);
  });
}

test('a gate lets through what is just enough, and names the numbers of what is not', (t) => {
  const agreement = {
    ...{ agreementMap: 0.91, f1: 1, lost: 0, ghosts: 0, meanIou: 1, scoreShift: 0 },
    ...{ detections: 4, n: 64 },
  };
  t.notThrows(() => assertAgreement(agreement, 0.91));
  const refused = t.throws(() => assertAgreement(agreement, 0.95), { instanceOf: AgentError });
  t.is(refused?.code, 'gate_agreement');
  t.deepEqual(refused?.detail, { required: 0.95, measured: 0.91, n: 64 });

  t.notThrows(() => assertDetections(agreement, 4));
  const blind = t.throws(() => assertDetections(agreement, 5), { instanceOf: AgentError });
  t.is(blind?.code, 'gate_detections');
  t.like(blind?.detail, { required: 5, measured: 4, n: 64 });

  const latency = { before: { p50: 10, p95: 20 }, after: { p50: 12, p95: 13 }, n: 20 };
  t.notThrows(() => assertLatency(latency, 1.2));
  const slow = t.throws(() => assertLatency(latency, 1.1), { instanceOf: AgentError });
  t.is(slow?.code, 'gate_latency');
  t.like(slow?.detail, { required: 1.1, measured: 1.2, n: 20 });
});

test('a result of another form than the CLI prints is a failed child', (t) => {
  for (const document of [undefined, null, {}, [], { agreementMap: 2 }, { agreementMap: 'high' }]) {
    t.is(t.throws(() => parseAgreement(document), { instanceOf: AgentError })?.code, 'child_failed');
    t.is(t.throws(() => parseQuantizeResult(document), { instanceOf: AgentError })?.code, 'child_failed');
  }
});

const pictures = async (count: number) => {
  const files: Record<string, Uint8Array> = {};
  for (let index = 0; index < count; index++) files[`${index}.jpg`] = await jpeg(20 + index * 20);
  return folderSource(await folderOf(files));
};
const contents = async (folder: string) =>
  Promise.all(
    (await readdir(folder)).map(async (name) => (await readFile(join(folder, name))).toString('base64')),
  );

test('frames to search on and frames to judge by are disjoint, and drawn by the seed', async (t) => {
  const source = await pictures(10);
  const collect = async (seed: number) => {
    const params = paramsOf({ frames: 3, heldOut: 2, seed });
    return collectFrames(source, tempFolder(), { params, context });
  };
  const frames = await collect(1);
  const [calib, judge] = [await contents(frames.calibFolder), await contents(frames.judgeFolder)];
  t.is(calib.length, 6);
  t.is(judge.length, 2);
  t.is(new Set([...calib, ...judge]).size, 8);
  t.deepEqual(await contents((await collect(1)).judgeFolder), judge);
  t.notDeepEqual(await contents((await collect(2)).judgeFolder), judge);
});

test('frames that were gathered are found again, and gathered anew where any is missing', async (t) => {
  const camera = syntheticCamera({ site: 'hall', seed: 1, width: 128, height: 96 });
  const folder = tempFolder();
  t.is(await readCollected(folder), null);
  const gathered = await collectFrames(camera, folder, {
    params: paramsOf({ frames: 1, heldOut: 2 }),
    context,
  });
  const plain = ({ judging, ...rest }: CollectedFrames) => ({
    ...rest,
    judging: judging.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('base64')]),
  });
  t.deepEqual(plain((await readCollected(folder))!), plain(gathered));
  const list = join(folder, 'collected.json');
  const text = await readFile(list, 'utf8');
  for (const damaged of ['', '{}', text.slice(0, -1)]) {
    await writeFile(list, damaged);
    t.is(await readCollected(folder), null);
  }
  await writeFile(list, text);
  await rm(join(gathered.calibFolder, (await readdir(gathered.calibFolder))[0]!));
  t.is(await readCollected(folder), null);
  const again = await collectFrames(await pictures(4), folder, {
    params: paramsOf({ frames: 1, heldOut: 2 }),
    context,
  });
  t.deepEqual(
    [again.annotationsFile, (await readdir(folder)).sort()],
    [null, ['calib', 'collected.json', 'judge']],
  );
});

test('enough frames give as many to judge by as were asked for', async (t) => {
  const params = paramsOf({ frames: 2, heldOut: 4 });
  const frames = await collectFrames(await pictures(8), tempFolder(), { params, context });
  t.is(frames.judging.length, 4);
  t.is((await readdir(frames.calibFolder)).length, 4);
});

test('a source that knows what its frames show gives a COCO file of those that judge', async (t) => {
  const camera = syntheticCamera({ site: 'hall', seed: 1, width: 128, height: 96 });
  const params = paramsOf({ frames: 1, heldOut: 2 });
  const frames = await collectFrames(camera, tempFolder(), { params, context });
  const truth = await readGroundTruth(frames.annotationsFile!);
  t.deepEqual(
    truth.images.map(({ fileName }) => fileName),
    (await readdir(frames.judgeFolder)).sort(),
  );
  for (const [index, { fileName }] of truth.images.entries()) {
    const written = await readFile(join(frames.judgeFolder, fileName));
    t.deepEqual(new Uint8Array(written), new Uint8Array(frames.judging[index]!.bytes));
  }
  const seen = frames.judging.flatMap((frame) => camera.truthOf(frame));
  t.deepEqual(
    truth.boxes.map(({ bbox }) => bbox),
    seen.map(({ bbox }) => bbox),
  );
});

test('of too few frames a quarter, at least one, is kept for judging', async (t) => {
  for (const [count, judging] of [
    [2, 1],
    [7, 1],
    [8, 2],
  ] as const) {
    const frames = await collectFrames(await pictures(count), tempFolder(), {
      params: paramsOf({}),
      context,
    });
    t.is(frames.judging.length, judging);
    t.is((await readdir(frames.calibFolder)).length, count - judging);
  }
});

test('one frame is not enough, as none could be held out', async (t) => {
  const collecting = collectFrames(await pictures(1), tempFolder(), { params: paramsOf({}), context });
  const error = await t.throwsAsync(collecting, { instanceOf: AgentError });
  t.is(error?.code, 'frames_missing');
});

async function slotOf(options: FakeModelOptions): Promise<{ slot: WatchedSlot; model: FakeModel }> {
  const slot = new WatchedSlot();
  const model = new FakeModel('served', options);
  await slot.swap(async () => model, { warmUp: async () => undefined, drainTimeoutMs: 0 });
  return { slot, model };
}

test('two detectors take turns, and who begins alternates', async (t) => {
  const turns: string[] = [];
  const { detector: before } = new FakeModel('before', { onRun: () => void turns.push('before') });
  const { detector: after } = new FakeModel('after', { onRun: () => void turns.push('after') });
  const result = await compareLatency({ before, after }, [await jpeg(100)], { runs: 3, signal: never });
  t.deepEqual(turns, ['after', 'before', 'before', 'after', 'after', 'before', 'before', 'after']);
  t.is(result.n, 3);
  t.true(result.before.p95 >= result.before.p50);
});

test('a comparison stops when the job is given up', async (t) => {
  const { detector } = new FakeModel('model', {});
  const reason = new AgentError('aborted', 'x');
  const comparing = compareLatency({ before: detector, after: detector }, [await jpeg(100)], {
    runs: 3,
    signal: AbortSignal.abort(reason),
  });
  t.is(await t.throwsAsync(comparing), reason);
});

test('a comparison and a soak of a model that hangs end when the job is given up', async (t) => {
  const gate = new Gate();
  const { slot, model } = await slotOf({ onRun: gate.pass });
  const controller = new AbortController();
  const frames = [await jpeg(100)];
  const detectors = { before: model.detector, after: model.detector };
  const { signal } = controller;
  const ends = [
    compareLatency(detectors, frames, { runs: 3, signal }),
    soak(slot, frames, { durationMs: 0, signal }),
  ].map((work) => t.throwsAsync(work));
  await gate.reached;
  const reason = new AgentError('step_timeout', 'too long');
  controller.abort(reason);
  t.deepEqual(await Promise.all(ends), [reason, reason]);
  gate.open();
});

test('a soak without any request still proves that the model works', async (t) => {
  const { slot, model } = await slotOf({});
  t.is(await soak(slot, [await jpeg(100)], { durationMs: 0, signal: never }), 1);
  t.is(model.runs, 1);
});

test('a soak fails with the failure of its own detection', async (t) => {
  const failure = new AgentError('engine_run_failed', 'broken');
  const { slot } = await slotOf({
    onRun: () => {
      throw failure;
    },
  });
  t.is(await t.throwsAsync(soak(slot, [await jpeg(100)], { durationMs: 0, signal: never })), failure);
});

test('a broken image is no fault of the model', async (t) => {
  const { slot } = await slotOf({});
  await t.throwsAsync(slot.use(({ detector }) => detector.detect(Buffer.from('text'), {})));
  t.is(slot.faults, 0);
});

for (const code of ['engine_run_failed', 'worker_died'] as const) {
  test(`a soak fails when a request failed in the model with ${code}`, async (t) => {
    const { slot } = await slotOf({});
    const soaking = soak(slot, [await jpeg(100)], { durationMs: 60_000, signal: never });
    const failure = new AgentError(code, 'broken');
    t.is(await t.throwsAsync(slot.use(() => Promise.reject(failure))), failure);
    await t.throwsAsync(soaking, { code: 'engine_run_failed', message: /failed in 1 requests/ });
  });
}
