import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { z } from 'zod';
import type { JobContext, JobKind, JobMetrics } from '../../../agent/jobs/jobKind.js';
import type { JobRecord } from '../../../agent/jobs/jobRecord.js';
import { JobRunner } from '../../../agent/jobs/jobRunner.js';
import { Journal } from '../../../agent/jobs/journal.js';
import { parseParamsAs } from '../../../agent/jobs/params.js';
import { AgentError } from '../../../runtime/errors.js';
import { Gate } from '../../helpers/gate.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { until } from '../../helpers/until.js';

type Work = (context: JobContext) => Promise<JobMetrics>;

/** A runner of one kind, `work`, whose runs are given by job id; another id succeeds at once. */
async function makeRunner(
  works: Record<string, Work> = {},
  options: {
    folder?: string;
    journal?: (folder: string) => Journal;
    queueLimit?: number;
    stopTimeoutMs?: number;
    begins?: boolean;
    tidyUp?: (jobId: string) => Promise<void>;
  } = {},
) {
  const folder = options.folder ?? tempFolder();
  const { journal = (folder) => new Journal(folder) } = options;
  const told: JobRecord[] = [];
  const outdated: string[] = [];
  const problems: AgentError[] = [];
  const ran: string[] = [];
  let elapsedMs = 0;
  const kind: JobKind = {
    name: 'work',
    parseParams: (params) => parseParamsAs(z.object({ frames: z.int().optional() }), params) as JobMetrics,
    run: async (_params, context) => {
      ran.push(context.jobId);
      return (await works[context.jobId]?.(context)) ?? {};
    },
    tidyUp: options.tidyUp ?? (async () => undefined),
  };
  const runner = new JobRunner({
    journal: journal(folder),
    kinds: [kind],
    queueLimit: options.queueLimit ?? 8,
    stopTimeoutMs: options.stopTimeoutMs ?? 10_000,
    onStatus: (record) => told.push(record),
    onOutdated: ({ jobId }) => outdated.push(jobId),
    onProblem: (error) => problems.push(error),
    now: () => 0,
    monotonicMs: () => elapsedMs,
  });
  await runner.start();
  if (options.begins ?? true) runner.begin();
  return {
    ...{ runner, folder, told, outdated, problems, ran },
    submit: (jobId: string, params = {}) => runner.submit({ jobId, kind: 'work', params }),
    ended: (jobId: string) => until(() => told.find((record) => record.jobId === jobId && isFinal(record))),
    tick: (ms: number) => {
      elapsedMs += ms;
    },
  };
}

const isFinal = ({ status }: JobRecord) => status !== 'QUEUED' && status !== 'IN_PROGRESS';
const untilAborted: Work = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('a job is on disk when its acceptance is told, and its statuses count up', async (t) => {
  const { folder, told, submit, ended } = await makeRunner();
  const record = await submit('a', { frames: 3 });
  t.deepEqual(JSON.parse(await readFile(join(folder, 'a.json'), 'utf8')).jobId, 'a');
  t.deepEqual(record.params, { frames: 3 });
  await ended('a');
  t.deepEqual(
    told.map(({ status }) => status),
    ['QUEUED', 'IN_PROGRESS', 'SUCCEEDED'],
  );
  t.true(told.every(({ seq }, index) => index === 0 || seq > told[index - 1]!.seq));
});

test('the same id again is answered with the stored job and never runs twice', async (t) => {
  const gate = new Gate();
  const { runner, ran, submit, ended } = await makeRunner({ a: () => gate.pass().then(() => ({})) });
  const [first, second] = await Promise.all([submit('a'), submit('a', { frames: 9 })]);
  t.is(first.seq, second.seq);
  await gate.reached;
  t.is((await submit('a')).status, 'IN_PROGRESS');
  gate.open();
  await ended('a');
  t.is((await submit('a')).status, 'SUCCEEDED');
  t.deepEqual(ran, ['a']);
  t.deepEqual(runner.openJobs, []);
});

test('jobs run one at a time, in order', async (t) => {
  const gate = new Gate();
  const { ran, submit, ended, runner } = await makeRunner({ a: () => gate.pass().then(() => ({})) });
  for (const id of ['a', 'b', 'c']) await submit(id);
  await gate.reached;
  t.deepEqual(ran, ['a']);
  t.is(runner.current?.jobId, 'a');
  t.is(runner.openJobs.length, 3);
  gate.open();
  await ended('c');
  t.deepEqual(ran, ['a', 'b', 'c']);
});

test('one job over the bound of the queue is refused, and its id may be used again', async (t) => {
  const gate = new Gate();
  const { submit, ended } = await makeRunner({ a: () => gate.pass().then(() => ({})) }, { queueLimit: 1 });
  await submit('a');
  await gate.reached;
  await submit('b');
  const error = await t.throwsAsync(submit('c'), { instanceOf: AgentError });
  t.is(error?.code, 'queue_full');
  gate.open();
  await ended('b');
  t.is((await submit('c')).status, 'QUEUED');
  await ended('c');
});

test('an unknown kind, a bad parameter and a bad id are refused without a trace', async (t) => {
  const { runner, folder, told, submit } = await makeRunner();
  const unknown = await t.throwsAsync(runner.submit({ jobId: 'a', kind: 'fly', params: {} }), {
    instanceOf: AgentError,
  });
  t.is(unknown?.code, 'command_unknown');
  const bad = await t.throwsAsync(submit('b', { frames: 'many' }), { instanceOf: AgentError });
  t.is(bad?.code, 'command_malformed');
  t.is(bad?.detail.where, 'params.frames');
  for (const id of ['', '../x', 'a/b', 'x'.repeat(65)]) {
    const error = await t.throwsAsync(submit(id), { instanceOf: AgentError }, id);
    t.is(error?.code, 'command_malformed');
  }
  t.deepEqual(told, []);
  t.deepEqual((await new Journal(folder).readAll()).records, []);
});

test('a failure becomes the reason of the job, and the next one runs', async (t) => {
  const { submit, ended } = await makeRunner({
    a: async () => {
      throw new AgentError('gate_agreement', 'too little', {
        detail: { required: 0.9, measured: 0.5, n: 8 },
      });
    },
    b: async () => {
      throw new TypeError('a defect');
    },
  });
  for (const id of ['a', 'b', 'c']) await submit(id);
  t.deepEqual((await ended('a')).reason, {
    code: 'gate_agreement',
    message: 'too little',
    detail: { required: 0.9, measured: 0.5, n: 8 },
  });
  t.is((await ended('b')).reason?.code, 'internal');
  t.is((await ended('c')).status, 'SUCCEEDED');
});

test('a running job and a waiting one can be cancelled, and one that has ended stays as it is', async (t) => {
  const { runner, ran, submit, ended } = await makeRunner({ a: untilAborted });
  await submit('a');
  await submit('b');
  t.is((await runner.cancel('b')).status, 'CANCELED');
  await runner.cancel('a');
  const record = await ended('a');
  t.is(record.status, 'CANCELED');
  t.is(record.reason?.code, 'aborted');
  t.is((await runner.cancel('a')).seq, record.seq);
  t.deepEqual(ran, ['a']);
  const error = await t.throwsAsync(runner.cancel('z'), { instanceOf: AgentError });
  t.is(error?.code, 'job_not_found');
});

/** Writes a step of a job only when the gate is open. */
class HeldJournal extends Journal {
  readonly gate = new Gate();

  override async write(record: JobRecord): Promise<void> {
    if (record.step !== null && !isFinal(record)) await this.gate.pass();
    await super.write(record);
  }
}

test('a job cancelled while a step is written ends cancelled, whatever it enters later', async (t) => {
  const folder = tempFolder();
  const journal = new HeldJournal(folder);
  let entering: Promise<unknown> | undefined;
  let late: JobContext | undefined;
  const { runner, told, submit, ended } = await makeRunner(
    {
      a: (context) => {
        late = context;
        entering = t.throwsAsync(context.enterStep('swapping', 60), { code: 'aborted' });
        return untilAborted(context);
      },
    },
    { folder, journal: () => journal },
  );
  await submit('a');
  await journal.gate.reached;
  await runner.cancel('a');
  // The job has given up by now: it does not wait for its step.
  await setImmediate();
  journal.gate.open();
  await Promise.all([ended('a'), entering]);
  await late?.enterCleanUp('rolling_back');
  late?.reportProgress({ done: 1, total: 1 });
  t.deepEqual(
    told.map(({ status, step }) => [status, step]),
    [
      ['QUEUED', null],
      ['IN_PROGRESS', null],
      ['IN_PROGRESS', 'swapping'],
      ['CANCELED', 'swapping'],
    ],
  );
  t.is((await journal.readAll()).records[0]?.status, 'CANCELED');
});

test('a step over its deadline times the job out, and clean-up steps still run', async (t) => {
  const { told, submit, ended } = await makeRunner({
    a: async (context) => {
      await context.enterStep('searching', 0.01);
      try {
        return await untilAborted(context);
      } finally {
        await context.enterCleanUp('rolling_back');
      }
    },
  });
  await submit('a');
  const record = await ended('a');
  t.is(record.status, 'TIMED_OUT');
  t.like(record.reason, { code: 'step_timeout', detail: { step: 'searching', expected: 0.01 } });
  t.deepEqual(
    told.flatMap(({ step, status }) => (status === 'IN_PROGRESS' && step !== null ? [step] : [])),
    ['searching', 'rolling_back'],
  );
  t.is(told.find(({ step }) => step === 'searching')?.stepDeadline, new Date(10).toISOString());
});

test('the deadline of a step that is over no longer counts', async (t) => {
  const { submit, ended } = await makeRunner({
    a: async ({ enterStep, signal }) => {
      await enterStep('collecting', 0.02);
      await enterStep('searching', 60);
      await new Promise((resolve) => setTimeout(resolve, 40));
      return { aborted: signal.aborted };
    },
  });
  await submit('a');
  t.deepEqual((await ended('a')).metrics, { aborted: false });
});

test('progress is told once a second though the wall clock stands, and at the beginning of each step, and is not journaled', async (t) => {
  const { folder, told, submit, ended, tick } = await makeRunner({
    a: async ({ reportProgress, enterStep }) => {
      reportProgress({ done: -1, total: 10 });
      await enterStep('searching', 60);
      for (let done = 0; done < 10; done++) {
        reportProgress({ done, total: 10 });
        tick(400);
      }
      t.is((await new Journal(folder).readAll()).records[0]?.progress, null);
      return {};
    },
  });
  await submit('a');
  await ended('a');
  t.deepEqual(
    told.flatMap(({ progress }) => (progress === null ? [] : [progress.done])),
    [-1, 0, 3, 6, 9],
  );
});

test('a job that ran when the agent died has failed at the next start, with a higher seq, and one that waited runs', async (t) => {
  const died = await makeRunner({ a: () => new Promise(() => undefined) });
  await died.submit('a');
  await died.submit('b');
  await until(() => died.told.some(({ status }) => status === 'IN_PROGRESS'));
  const last = Math.max(...died.told.map(({ seq }) => seq));
  const { told, outdated, ran, submit, ended } = await makeRunner({}, { folder: died.folder });
  await ended('b');
  t.deepEqual(
    told.map(({ jobId, status, reason }) => [jobId, status, reason?.code]),
    [
      ['a', 'FAILED', 'job_interrupted'],
      ['b', 'IN_PROGRESS', undefined],
      ['b', 'SUCCEEDED', undefined],
    ],
  );
  t.true(told.every(({ seq }) => seq > last));
  t.is((await submit('a')).status, 'FAILED');
  t.deepEqual(ran, ['b']);
  t.deepEqual(outdated, []);
  t.deepEqual((await makeRunner({}, { folder: died.folder })).outdated, ['a']);
});

test('a job that died in a step which may be done again is run again, three times in all', async (t) => {
  const dies: Work = async ({ enterStep }) => {
    await enterStep('searching', 60, { resumable: true });
    return new Promise(() => undefined);
  };
  // The step as well: who has died writes nothing any more.
  const inStep = (told: readonly JobRecord[], attempt: number) =>
    until(() => {
      const begun = told.filter((record) => record.attempt === attempt && record.status === 'IN_PROGRESS');
      return begun.length === 2 && begun[1];
    });
  const first = await makeRunner({ a: dies });
  await first.submit('a', { frames: 3 });
  t.like(await inStep(first.told, 1), { step: 'searching', attempt: 1 });
  for (const attempt of [2, 3]) {
    const { told, ran } = await makeRunner({ a: dies }, { folder: first.folder });
    t.like(await inStep(told, attempt), { step: 'searching', attempt });
    t.deepEqual(ran, ['a']);
  }
  const last = await makeRunner({ a: dies }, { folder: first.folder });
  t.like(await last.ended('a'), { status: 'FAILED', attempt: 3, params: { frames: 3 } });
  t.deepEqual(last.ran, []);
});

test('a start that is given up leaves the jobs as they were, for the next', async (t) => {
  const died = await makeRunner({
    b: async ({ enterStep }) => {
      await enterStep('searching', 60, { resumable: true });
      return new Promise(() => undefined);
    },
  });
  await died.submit('b');
  await until(() => died.told.find(({ step }) => step === 'searching'));
  await died.submit('a');
  const givenUp = await makeRunner({}, { folder: died.folder, begins: false });
  await givenUp.runner.stop();
  t.deepEqual([givenUp.ran, givenUp.told], [[], []]);
  const next = await makeRunner({}, { folder: died.folder });
  await next.ended('a');
  t.deepEqual(next.ran, ['b', 'a']);
});

/** A journal on a disk that is full for the records that `isRefused` names. */
class FullJournal extends Journal {
  isRefused: (record: JobRecord) => boolean = () => false;

  override async write(record: JobRecord): Promise<void> {
    if (this.isRefused(record)) throw new AgentError('disk_full', 'no space');
    await super.write(record);
  }
}

test('what cannot be journaled is not repeated: no step begins that must not be, and nothing of an ended job stays', async (t) => {
  const folder = tempFolder();
  const journal = new FullJournal(folder);
  journal.isRefused = ({ step, status }) => step === 'swapping' || status === 'FAILED';
  let swapped = false;
  const full = await makeRunner(
    {
      a: async ({ enterStep }) => {
        await enterStep('searching', 60, { resumable: true });
        await enterStep('swapping', 60);
        swapped = true;
        return {};
      },
    },
    { folder, journal: () => journal },
  );
  await full.submit('a');
  t.like(await full.ended('a'), { status: 'FAILED', reason: { code: 'disk_full' } });
  t.false(swapped);
  await until(() => full.problems.length > 0);
  const { ran, told } = await makeRunner({}, { folder });
  t.deepEqual([ran, told], [[], []]);
});

test('a job is tidied up once its end is on disk', async (t) => {
  const folder = tempFolder();
  const found: unknown[] = [];
  const tidyUp = async (jobId: string) =>
    void found.push(JSON.parse(await readFile(join(folder, `${jobId}.json`), 'utf8')).status);
  const { submit, ended, runner } = await makeRunner({}, { folder, tidyUp });
  await submit('a');
  await ended('a');
  await runner.stop();
  t.deepEqual(found, ['SUCCEEDED']);
});

test('a job that died in a step which cannot be done again has failed', async (t) => {
  const died = await makeRunner({
    a: async ({ enterStep }) => {
      await enterStep('searching', 60, { resumable: true });
      await enterStep('swapping', 60);
      return new Promise(() => undefined);
    },
  });
  await died.submit('a');
  await until(() => died.told.find(({ step }) => step === 'swapping'));
  const { ended, ran } = await makeRunner({}, { folder: died.folder });
  t.like(await ended('a'), { status: 'FAILED', step: 'swapping', reason: { code: 'job_interrupted' } });
  t.deepEqual(ran, []);
});

test('a stop waits only so long for a job that does not end, and says so', async (t) => {
  const gate = new Gate();
  const hung: Work = async () => {
    await gate.pass();
    return {};
  };
  const { runner, problems, submit, ended } = await makeRunner({ a: hung }, { stopTimeoutMs: 1 });
  await submit('a');
  await gate.reached;
  await runner.stop();
  t.deepEqual(
    problems.map(({ code }) => code),
    ['step_timeout'],
  );
  t.like(await ended('a'), { status: 'CANCELED', reason: { code: 'shutting_down' } });
  gate.open();
});

test('a stop gives up the running job and those that wait, and takes no new one', async (t) => {
  const { runner, told, submit } = await makeRunner({ a: untilAborted });
  await submit('a');
  await submit('b');
  await runner.stop();
  t.deepEqual(runner.openJobs, []);
  const ends = told.filter(isFinal).map(({ jobId, status, reason }) => [jobId, status, reason?.code]);
  t.deepEqual(ends.sort(), [
    ['a', 'CANCELED', 'shutting_down'],
    ['b', 'CANCELED', 'shutting_down'],
  ]);
  const error = await t.throwsAsync(submit('c'), { instanceOf: AgentError });
  t.is(error?.code, 'shutting_down');
});

test('a job that cannot be journaled is not accepted; one that runs goes on and tells its end', async (t) => {
  const gate = new Gate();
  const { folder, problems, submit, ended } = await makeRunner({ a: () => gate.pass().then(() => ({})) });
  await submit('a');
  await gate.reached;
  await rm(folder, { recursive: true });
  const error = await t.throwsAsync(submit('b'), { instanceOf: AgentError });
  t.is(error?.code, 'file_not_found');
  gate.open();
  t.is((await ended('a')).status, 'SUCCEEDED');
  t.true(problems.length > 0);
  await mkdir(folder);
  await submit('b');
  t.is((await ended('b')).status, 'SUCCEEDED');
});
