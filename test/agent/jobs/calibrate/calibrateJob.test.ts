import { join } from 'node:path';
import test from 'ava';
import { Registry } from 'prom-client';
import { loadConfig } from '../../../../agent/config.js';
import { SwapMetrics } from '../../../../agent/http/swapMetrics.js';
import type { JobContext } from '../../../../agent/jobs/jobKind.js';
import { calibrateJob } from '../../../../agent/jobs/kinds/calibrate/calibrateJob.js';
import { ActiveModel } from '../../../../agent/models/activeModel.js';
import { importModel } from '../../../../agent/models/loadStored.js';
import { WatchedSlot } from '../../../../agent/models/watchedSlot.js';
import { ModelStore } from '../../../../agent/state/modelStore.js';
import { folderSource } from '../../../../calibrate/frames/folderSource.js';
import { selectEngine } from '../../../../runtime/engines/registry.js';
import { AgentError } from '../../../../runtime/errors.js';
import { fakeCli } from '../../../helpers/fakeCli.js';
import { folderOf, jpeg } from '../../../helpers/frameFolders.js';
import { silentLog } from '../../../helpers/silentLog.js';
import { tempFolder } from '../../../helpers/tempFolder.js';
import { tinyDetector } from '../../../helpers/tinyDetector.js';

const broken = new AgentError('file_unreadable', 'the disk has a fault');

/** A store that works until `fails` is set. */
class FragileStore extends ModelStore {
  fails = false;

  override list() {
    return this.fails ? Promise.reject(broken) : super.list();
  }
}

const params = { frames: 2, heldOut: 2, gates: { latencyRatio: 100 } };

/** A calibration of a tiny detector, whose store breaks when the new model is put in service. */
async function fragileCalibration() {
  const root = tempFolder();
  const { config } = await loadConfig({ env: {}, hostName: 'box', flags: { 'calibration.soakS': 0 } });
  const store = new FragileStore(join(root, 'models'));
  const served = { engine: await selectEngine('auto'), threads: 1 };
  const slot = new WatchedSlot();
  const active = new ActiveModel({
    ...{
      store,
      slot,
      engines: { float: [served], quantized: [served] },
      drainTimeoutMs: 1000,
      log: silentLog,
    },
    pointerPath: join(root, 'active.json'),
    lowering: { cacheFolder: join(root, 'engine-cache') },
    metrics: new SwapMetrics(new Registry()),
    onChange: async () => void (await store.list()),
  });
  const floatModel = await importModel((await tinyDetector()).manifest, store);
  await active.start(floatModel.digest);
  const pictures: Record<string, Uint8Array> = {};
  for (const brightness of [30, 90, 150, 210]) pictures[`${brightness}.jpg`] = await jpeg(brightness);
  const problems: AgentError[] = [];
  const job = calibrateJob({
    ...{ config: config.calibration, cliScript: await fakeCli(), cliEnv: {} },
    engineNames: { search: served.engine.name, quantized: served.engine.name },
    ...{ store, slot, active, workFolder: join(root, 'work'), floatModel: () => floatModel },
    camera: folderSource(await folderOf(pictures)),
    onJudged: () => undefined,
    onProblem: (error) => problems.push(error),
  });
  return { job, store, slot, active, floatModel, problems };
}

function contextThat(onStep: (step: string) => void): JobContext {
  return {
    jobId: 'job',
    attempt: 1,
    signal: new AbortController().signal,
    enterStep: async (step) => onStep(step),
    enterCleanUp: async (step) => onStep(step),
    reportProgress: () => undefined,
  };
}

test('a model that is in service stays there though what follows cannot be told or tidied up', async (t) => {
  const { job, store, slot, active, floatModel, problems } = await fragileCalibration();
  t.teardown(() => slot.close(1000));
  const steps: string[] = [];
  const metrics = await job.run(
    params,
    contextThat((step) => {
      steps.push(step);
      if (step === 'swapping') store.fails = true;
    }),
  );
  t.is(steps.at(-1), 'soaking');
  t.deepEqual(metrics.model, slot.current);
  t.not(slot.current?.digest, floatModel.digest);
  t.is(active.pointer.lastGood, slot.current?.digest ?? null);
  t.deepEqual(problems, [broken]);
});

test('a job that failed keeps its reason though nothing can be tidied up', async (t) => {
  const { job, store, slot, floatModel, problems } = await fragileCalibration();
  t.teardown(() => slot.close(1000));
  const reason = new AgentError('step_timeout', 'too long');
  const running = job.run(
    params,
    contextThat((step) => {
      if (step !== 'swapping') return;
      store.fails = true;
      throw reason;
    }),
  );
  t.is(await t.throwsAsync(running), reason);
  t.is(slot.current?.digest, floatModel.digest);
  t.deepEqual(problems, [broken]);
});
