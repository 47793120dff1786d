import test from 'ava';
import type { TensorMap } from '../../../runtime/engines/engine.js';
import type { AgentError } from '../../../runtime/errors.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { fixturesFolder } from '../../helpers/paths.js';
import { PipeSession } from './pipeSession.js';

const dims = [2, 3];

function feeds(first: number): TensorMap {
  const left = Float32Array.of(first, 1, 2, 3, 4, 5);
  return { left: float32Tensor(dims, left), right: float32Tensor(dims, new Float32Array(6).fill(10)) };
}

const doubled = (first: number) => float32Tensor(dims, Float32Array.of(2 * first, 2, 4, 6, 8, 10));

function start(): Promise<PipeSession> {
  return PipeSession.start(process.execPath, [`${fixturesFolder}pipeWorker/worker.mjs`]);
}

test('a session tells the names of its worker and returns the outputs that are asked for', async (t) => {
  const session = await start();
  t.deepEqual(
    session.inputs.map(({ name }) => name),
    ['left', 'right'],
  );
  t.deepEqual(
    session.outputs.map(({ name }) => name),
    ['doubled', 'sum'],
  );
  const runs: number[] = [];
  const all = await session.run(feeds(7), undefined, { onRan: (ms) => runs.push(ms) });
  t.deepEqual(all, {
    doubled: doubled(7),
    sum: float32Tensor(dims, Float32Array.of(17, 11, 12, 13, 14, 15)),
  });
  t.deepEqual(runs, [12.5]);
  t.deepEqual(await session.run(feeds(7), ['doubled']), { doubled: doubled(7) });
  await session.dispose();
});

test('runs that overlap each get their own results', async (t) => {
  const session = await start();
  const firsts = Array.from({ length: 20 }, (_, index) => index);
  const results = await Promise.all(firsts.map((first) => session.run(feeds(first), ['doubled'])));
  t.deepEqual(
    results,
    firsts.map((first) => ({ doubled: doubled(first) })),
  );
  await session.dispose();
});

test('a run that the worker or the session refuses leaves the session usable', async (t) => {
  const session = await start();
  const refused = await t.throwsAsync<AgentError>(session.run(feeds(-1)), {
    code: 'engine_run_failed',
  });
  t.regex(refused.message, /nothing negative/);
  const misshapen = { ...feeds(1), right: float32Tensor([5], new Float32Array(5)) };
  const unfit = await t.throwsAsync<AgentError>(session.run(misshapen), { code: 'engine_run_failed' });
  t.regex(unfit.message, /expected float32 \[2, 3\] for input right, got float32 \[5\]/);
  t.deepEqual(await session.run(feeds(3), ['doubled']), { doubled: doubled(3) });
  await session.dispose();
});

test("a worker's death fails its run with what it printed last", async (t) => {
  const session = await start();
  const error = await t.throwsAsync<AgentError>(session.run(feeds(Number.POSITIVE_INFINITY)), {
    code: 'engine_run_failed',
  });
  t.regex(error.message, /too much to bear/);
  await t.throwsAsync(session.run(feeds(1)), { code: 'engine_run_failed' });
  await session.dispose();
});

test('a session that was disposed of runs nothing more', async (t) => {
  const session = await start();
  const inFlight = session.run(feeds(1), ['doubled']);
  await Promise.all([session.dispose(), session.dispose()]);
  t.deepEqual(await inFlight, { doubled: doubled(1) });
  await t.throwsAsync(session.run(feeds(1)), { code: 'session_disposed' });
});

test('a program that is absent or ends at once is refused with its reason', async (t) => {
  const absent = await t.throwsAsync<AgentError>(PipeSession.start('/no/such/program', []), {
    code: 'engine_load_failed',
  });
  t.regex(absent.message, /ENOENT/);
  const ended = await t.throwsAsync<AgentError>(
    PipeSession.start(process.execPath, ['-e', 'console.error("no such model"); process.exit(3)']),
    { code: 'engine_load_failed' },
  );
  t.regex(ended.message, /no such model/);
});
