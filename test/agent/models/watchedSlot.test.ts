import test from 'ava';
import { WatchedSlot } from '../../../agent/models/watchedSlot.js';
import { AgentError } from '../../../runtime/errors.js';
import { FakeModel } from '../../helpers/fakeModel.js';

const failure = new AgentError('engine_run_failed', 'the thread ended');

async function swap(slot: WatchedSlot, name: string): Promise<void> {
  const model = new FakeModel(name);
  await slot.swap(async () => model, { warmUp: async () => undefined, drainTimeoutMs: 0 });
}

test('a model that fails five times in a row is failing until it works once, or another takes its place', async (t) => {
  const slot = new WatchedSlot();
  await swap(slot, 'first');
  const fail = async (times: number) => {
    for (let i = 0; i < times; i++) await t.throwsAsync(slot.use(() => Promise.reject(failure)));
  };
  await fail(4);
  t.is(slot.failing, null);
  await fail(1);
  t.is(slot.failing, failure);
  await slot.use(async () => undefined);
  t.is(slot.failing, null);
  await fail(5);
  t.is(slot.failing, failure);
  await swap(slot, 'second');
  t.is(slot.failing, null);
  t.is(slot.faults, 10);
});

test("what is not the model's fault does not count", async (t) => {
  const slot = new WatchedSlot();
  await swap(slot, 'first');
  const broken = new AgentError('image_undecodable', 'no image');
  for (let i = 0; i < 6; i++) await t.throwsAsync(slot.use(() => Promise.reject(broken)));
  t.is(slot.failing, null);
  t.is(slot.faults, 0);
});
