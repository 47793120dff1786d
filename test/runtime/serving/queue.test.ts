import test, { type ExecutionContext } from 'ava';
import type { AgentError, ErrorCode } from '../../../runtime/errors.js';
import { WorkQueue } from '../../../runtime/serving/queue.js';
import { Gate } from '../../helpers/gate.js';

/** A queue whose only place is taken until the gate opens. */
async function blockedQueue(maxWaiting: number) {
  const queue = new WorkQueue({ concurrency: 1, maxWaiting });
  const gate = new Gate();
  const first = queue.run(gate.pass);
  await gate.reached;
  return { queue, gate, first };
}

async function refused(t: ExecutionContext, work: Promise<unknown>, code: ErrorCode): Promise<AgentError> {
  const error = await t.throwsAsync<AgentError>(work);
  t.is(error.code, code);
  return error;
}

test('work runs at once while there is a place, and its value is returned', async (t) => {
  const queue = new WorkQueue({ concurrency: 2, maxWaiting: 0 });
  t.is(await queue.run(async () => 7), 7);
  t.is(queue.running, 0);
});

test('work waits its turn, first come, first served, and is told how long it waited', async (t) => {
  const { queue, gate, first } = await blockedQueue(3);
  const order: number[] = [];
  const waits = [1, 2, 3].map((number) =>
    queue.run(async (waitedMs) => {
      order.push(number);
      return waitedMs;
    }),
  );
  t.is(queue.waiting, 3);
  gate.open();
  await first;
  for (const waitedMs of await Promise.all(waits)) t.true(waitedMs > 0);
  t.deepEqual(order, [1, 2, 3]);
  t.deepEqual([queue.waiting, queue.running], [0, 0]);
});

test('never more than `concurrency` pieces of work run', async (t) => {
  const queue = new WorkQueue({ concurrency: 3, maxWaiting: 100 });
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => queue.run(work)));
  t.is(most, 3);
});

test('work beyond the bound is refused with a hint when to come again', async (t) => {
  const { queue, gate, first } = await blockedQueue(1);
  const second = queue.run(async () => 2);
  const error = await refused(
    t,
    queue.run(async () => 3),
    'queue_full',
  );
  t.true(Number.isInteger(error.detail.retryAfterS) && Number(error.detail.retryAfterS) >= 1);
  await t.throwsAsync(
    queue.whileAdmitted(async () => 1),
    { code: 'queue_full' },
  );
  gate.open();
  await first;
  t.is(await second, 2);
  t.is(await queue.whileAdmitted(async () => 1), 1);
});

test('work whose turn does not come before its deadline is refused and leaves the queue', async (t) => {
  const { queue, gate, first } = await blockedQueue(1);
  await refused(
    t,
    queue.run(async () => t.fail(), { deadlineMs: 5 }),
    'deadline_exceeded',
  );
  t.is(queue.waiting, 0);
  gate.open();
  await first;
  t.is(await queue.run(async () => 'alive'), 'alive');
});

test('work whose client hangs up is dropped while it waits', async (t) => {
  const { queue, gate, first } = await blockedQueue(2);
  const controller = new AbortController();
  const dropped = queue.run(async () => t.fail(), { signal: controller.signal });
  const behind = queue.run(async () => 'served');
  controller.abort(new Error('gone'));
  t.is(queue.waiting, 1);
  const error = await refused(t, dropped, 'aborted');
  t.is((error.cause as Error).message, 'gone');
  await refused(
    t,
    queue.run(async () => t.fail(), { signal: controller.signal }),
    'aborted',
  );
  gate.open();
  await first;
  t.is(await behind, 'served');
});

test('a failure of the work is its caller’s and frees its place', async (t) => {
  const queue = new WorkQueue({ concurrency: 1, maxWaiting: 0 });
  await t.throwsAsync(
    queue.run(() => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  );
  t.is(await queue.run(async () => 1), 1);
});

test('a drain refuses new work and waits for what runs and waits', async (t) => {
  const { queue, gate, first } = await blockedQueue(1);
  const waiting = queue.run(async () => 'served');
  const drained = queue.drain(10_000);
  await refused(
    t,
    queue.run(async () => t.fail()),
    'shutting_down',
  );
  gate.open();
  await first;
  t.is(await waiting, 'served');
  t.true(await drained);
});

test('a drain that times out refuses what still waits', async (t) => {
  const { queue, gate, first } = await blockedQueue(1);
  const waiting = refused(
    t,
    queue.run(async () => t.fail()),
    'shutting_down',
  );
  t.false(await queue.drain(1));
  await waiting;
  gate.open();
  await first;
});

test('the drain of an idle queue is done at once', async (t) => {
  t.true(await new WorkQueue({ concurrency: 1, maxWaiting: 0 }).drain(0));
});

test('what is still arriving takes a place, and gives it back also when it fails', async (t) => {
  const queue = new WorkQueue({ concurrency: 1, maxWaiting: 1 });
  const gate = new Gate();
  const arriving = [1, 2].map(() =>
    queue.whileAdmitted(async () => {
      await gate.pass();
      throw new Error('cut short');
    }),
  );
  await t.throwsAsync(
    queue.whileAdmitted(async () => 3),
    { code: 'queue_full' },
  );
  await t.throwsAsync(
    queue.run(async () => 3),
    { code: 'queue_full' },
  );
  gate.open();
  for (const body of arriving) await t.throwsAsync(body, { message: 'cut short' });
  t.is(await queue.run(async () => 3), 3);
});
