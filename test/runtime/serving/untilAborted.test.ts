import test from 'ava';
import { untilAborted } from '../../../runtime/serving/untilAborted.js';

const unexpected = () => {
  throw new Error('nothing was late');
};

test('work that settles gives its result or its failure, and nothing is late', async (t) => {
  const { signal } = new AbortController();
  t.is(await untilAborted(Promise.resolve(3), signal, unexpected), 3);
  const failure = new Error('no');
  t.is(await t.throwsAsync(untilAborted(Promise.reject(failure), signal, unexpected)), failure);
});

test('an abort ends the wait with its reason, and the late result is handed over once', async (t) => {
  const controller = new AbortController();
  const late: number[] = [];
  let finish: (value: number) => void = () => undefined;
  const work = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const waiting = untilAborted(work, controller.signal, (value) => late.push(value));
  const reason = new Error('enough');
  controller.abort(reason);
  t.is(await t.throwsAsync(waiting), reason);
  t.deepEqual(late, []);
  finish(7);
  await work;
  t.deepEqual(late, [7]);
});

test('a failure after the abort, of the work or of what takes it, is nobody’s', async (t) => {
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  const pending = new Promise<never>((_, reject) => setImmediate(reject, new Error('late')));
  t.is(await t.throwsAsync(untilAborted(pending, signal)), reason);
  const soon = new Promise<void>((resolve) => setImmediate(resolve));
  t.is(await t.throwsAsync(untilAborted(soon, signal, unexpected)), reason);
  await new Promise((resolve) => setTimeout(resolve, 5));
});
