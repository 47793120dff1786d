import { constants } from 'node:os';
import test from 'ava';
import { type CliChildOptions, runCliChild } from '../../../agent/jobs/cliChild.js';
import type { JobProgress } from '../../../agent/jobs/jobRecord.js';
import { AgentError, type ErrorCode } from '../../../runtime/errors.js';
import { fixturesFolder } from '../../helpers/paths.js';

const never = new AbortController().signal;

function run(what: string, options: Partial<CliChildOptions> = {}): Promise<unknown> {
  return runCliChild({ command: [`${fixturesFolder}cliChild/child.mjs`, what], signal: never, ...options });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a child answers with what it prints, at low priority, and its progress is told', async (t) => {
  const heard: JobProgress[] = [];
  const result = await run('succeed', { onProgress: (progress) => heard.push(progress) });
  t.deepEqual(result, { answer: 42, niceness: constants.priority.PRIORITY_BELOW_NORMAL });
  t.deepEqual(heard, [{ stage: 'layer', done: 1, total: 2, odol: 0.5, etaS: 3 }]);
});

test('an error that the child prints is thrown as it is', async (t) => {
  const error = await t.throwsAsync(run('refuse'), { instanceOf: AgentError });
  t.deepEqual(error?.toJSON(), { code: 'frames_missing', message: 'no frames', detail: { where: '/x' } });
});

for (const [what, story, detail] of [
  ['crash', 'an exit status and no result', { got: 'exit status 3', stderr: 'it went wrong: the reason' }],
  ['mumble', 'something that is not JSON', { got: 'exit status 0' }],
  ['invent', 'a code that is not in the table', { got: 'exit status 1' }],
  ['interrupted', 'a signal from outside', { got: 'exit status 130' }],
] as const) {
  test(`a child that ends with ${story} has failed`, async (t) => {
    const error = await t.throwsAsync(run(what), { instanceOf: AgentError });
    t.is(error?.code, 'child_failed' satisfies ErrorCode);
    t.like(error?.detail, detail);
  });
}

test('a child that is killed has failed, and the signal is named', async (t) => {
  const kill = ({ stage }: JobProgress) => process.kill(Number(stage), 'SIGKILL');
  const error = await t.throwsAsync(run('wait', { onProgress: kill }), { instanceOf: AgentError });
  t.is(error?.code, 'child_failed');
  t.is(error?.detail.got, 'signal SIGKILL');
});

for (const what of ['wait', 'stubborn']) {
  test(`an abort ends a child that would ${what}, and its reason is thrown once it is gone`, async (t) => {
    const controller = new AbortController();
    const reason = new AgentError('step_timeout', 'too long');
    let pid = 0;
    const onProgress = ({ stage }: JobProgress) => {
      pid = Number(stage);
      controller.abort(reason);
    };
    const error = await t.throwsAsync(run(what, { signal: controller.signal, onProgress, killAfterMs: 20 }));
    t.is(error, reason);
    t.false(isRunning(pid));
  });
}

test('nothing is started for an abort that has come already', async (t) => {
  const reason = new AgentError('aborted', 'before');
  const error = await t.throwsAsync(run('crash', { signal: AbortSignal.abort(reason) }));
  t.is(error, reason);
});

test('a script that is not there is a failed child', async (t) => {
  const error = await t.throwsAsync(runCliChild({ command: ['/nowhere/cli.js'], signal: never }), {
    instanceOf: AgentError,
  });
  t.is(error?.code, 'child_failed');
});
