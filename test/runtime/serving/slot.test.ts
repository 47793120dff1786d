import test from 'ava';
import { AgentError } from '../../../runtime/errors.js';
import type { ServedModel } from '../../../runtime/serving/servedModel.js';
import { ModelSlot, type SwapOptions } from '../../../runtime/serving/slot.js';
import { blackImage, FakeModel, type FakeModelOptions } from '../../helpers/fakeModel.js';
import { Gate } from '../../helpers/gate.js';

const options: SwapOptions = { warmUp: async () => undefined, drainTimeoutMs: 10_000 };
const neverDrain: SwapOptions = { ...options, drainTimeoutMs: 1 };

async function serving(name: string, modelOptions?: FakeModelOptions) {
  const slot = new ModelSlot();
  const model = new FakeModel(name, modelOptions);
  await slot.swap(async () => model, options);
  return { slot, model };
}

function detect(slot: ModelSlot) {
  return slot.use(async ({ identity, detector }) => {
    const { detections } = await detector.detect(blackImage);
    return { identity, label: detections[0]?.label };
  });
}

test('an empty slot refuses to serve and says that it has no model', async (t) => {
  const slot = new ModelSlot();
  t.is(slot.current, null);
  await t.throwsAsync(detect(slot), { code: 'no_model' });
});

test('the first swap puts its model in service and has no previous one', async (t) => {
  const slot = new ModelSlot();
  const steps: string[] = [];
  const model = new FakeModel('a');
  const report = await slot.swap(
    async () => {
      steps.push('load');
      return model;
    },
    {
      ...options,
      warmUp: async () => void steps.push('warm up'),
      check: async () => void steps.push('check'),
    },
  );
  t.deepEqual(steps, ['load', 'warm up', 'check']);
  t.is(report.previous, null);
  t.is(report.current, model.identity);
  t.true(report.drained);
  t.is(slot.current, model.identity);
  t.is((await detect(slot)).label, 'a');
});

test('a swap retires the model before and disposes of it once', async (t) => {
  const { slot, model } = await serving('a');
  const report = await slot.swap(async () => new FakeModel('b'), options);
  t.is(report.previous, model.identity);
  t.is(slot.current?.name, 'b');
  t.is(model.disposals, 1);
});

test('a request that holds the old model during a swap finishes on it, and the swap waits for it', async (t) => {
  const gate = new Gate();
  const { slot, model } = await serving('a', { onRun: gate.pass });
  const held = detect(slot);
  await gate.reached;
  const swap = slot.swap(async () => new FakeModel('b'), options);
  t.is((await detectOn(slot, 'b')).label, 'b');
  t.is(model.disposals, 0);
  gate.open();
  const { identity, label } = await held;
  t.is(identity.name, 'a');
  t.is(label, 'a');
  t.true((await swap).drained);
  t.is(model.disposals, 1);
});

test('a drain that times out ends the swap but not the request, after which the model is disposed of', async (t) => {
  const gate = new Gate();
  const disposed = new Gate();
  const { slot, model } = await serving('a', { onRun: gate.pass, onDispose: disposed.pass });
  const held = detect(slot);
  await gate.reached;
  const report = await slot.swap(async () => new FakeModel('b'), neverDrain);
  t.false(report.drained);
  t.is(slot.current?.name, 'b');
  t.is(model.disposals, 0);
  gate.open();
  t.is((await held).label, 'a');
  await disposed.reached;
  t.is(model.disposals, 1);
});

test('a load that fails keeps the old model', async (t) => {
  const { slot, model } = await serving('a');
  const refusal = new AgentError('engine_load_failed', 'no');
  const error = await t.throwsAsync(slot.swap(() => Promise.reject(refusal), options));
  t.is(error, refusal);
  await keepsServing(slot, model, t.is);
});

for (const step of ['warmUp', 'check'] as const) {
  test(`a model that fails in its ${step} is disposed of and the old one kept`, async (t) => {
    const { slot, model } = await serving('a');
    const candidate = new FakeModel('b');
    const failing = { ...options, [step]: () => Promise.reject(new AgentError('swap_check_failed', 'no')) };
    await t.throwsAsync(
      slot.swap(async () => candidate, failing),
      { code: 'swap_check_failed' },
    );
    t.is(candidate.disposals, 1);
    await keepsServing(slot, model, t.is);
  });
}

test('a swap aborted during its warm-up keeps the old model and disposes of the new one', async (t) => {
  const { slot, model } = await serving('a');
  const candidate = new FakeModel('b');
  const controller = new AbortController();
  const swap = slot.swap(async () => candidate, {
    ...options,
    signal: controller.signal,
    warmUp: async () => controller.abort(),
  });
  await t.throwsAsync(swap, { code: 'aborted' });
  t.is(candidate.disposals, 1);
  await keepsServing(slot, model, t.is);
});

test('concurrent swaps run one at a time in the order of their calls, failures between them included', async (t) => {
  const { slot } = await serving('a');
  const log: string[] = [];
  const swapTo = (name: string, fails: boolean) =>
    slot.swap(
      async () => {
        log.push(`load ${name}`);
        await new Promise(setImmediate);
        return new FakeModel(name);
      },
      {
        ...options,
        warmUp: async () => {
          log.push(`warm ${name}`);
          if (fails) throw new AgentError('engine_run_failed', 'no');
        },
      },
    );
  const [b, c, d] = await Promise.allSettled([swapTo('b', false), swapTo('c', true), swapTo('d', false)]);
  t.deepEqual(log, ['load b', 'warm b', 'load c', 'warm c', 'load d', 'warm d']);
  t.deepEqual([b.status, c.status, d.status], ['fulfilled', 'rejected', 'fulfilled']);
  t.is(d.status === 'fulfilled' && d.value.previous?.name, 'b');
  t.is(slot.current?.name, 'd');
});

test('under load no request fails and each is answered by one model, whatever is swapped', async (t) => {
  const slow = { onRun: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  const { slot } = await serving('a', slow);
  const answers = new Set<string>();
  let busy = true;
  const clients = Array.from({ length: 4 }, async () => {
    while (busy) {
      const { identity, label } = await detect(slot);
      t.is(label, identity.name);
      answers.add(identity.name);
    }
  });
  for (const name of ['b', 'c', 'd', 'e']) {
    await slot.swap(async () => new FakeModel(name, slow), options);
    await detect(slot);
  }
  busy = false;
  await Promise.all(clients);
  t.true(answers.size > 1);
});

test('a dispose that fails is reported and fails neither the swap nor the close', async (t) => {
  const reported: string[] = [];
  const slot = new ModelSlot({
    onDisposeFailed: ({ name }, error) => reported.push(`${name}: ${error.message}`),
  });
  const fails = { onDispose: () => Promise.reject(new Error('stuck')) };
  await slot.swap(async () => new FakeModel('a', fails), options);
  await slot.swap(async () => new FakeModel('b', fails), options);
  t.is(slot.current?.name, 'b');
  t.true(await slot.close(10_000));
  t.deepEqual(reported, ['a: stuck', 'b: stuck']);
});

test('close lets the requests under way finish, refuses new ones and disposes of the model', async (t) => {
  const gate = new Gate();
  const { slot, model } = await serving('a', { onRun: gate.pass });
  const held = detect(slot);
  await gate.reached;
  t.false(await slot.close(1));
  await t.throwsAsync(detect(slot), { code: 'shutting_down' });
  gate.open();
  t.is((await held).label, 'a');
  t.true(await slot.close(10_000));
  t.is(model.disposals, 1);
});

test('close gives up the swap under way and disposes of what it loaded', async (t) => {
  const { slot, model } = await serving('a');
  const gate = new Gate();
  const candidate = new FakeModel('b');
  const swap = slot.swap(async () => candidate, { ...options, warmUp: gate.pass });
  const outcome = t.throwsAsync(swap, { code: 'shutting_down' });
  await gate.reached;
  const closed = slot.close(10_000);
  gate.open();
  await outcome;
  t.true(await closed);
  t.is(slot.current, null);
  t.deepEqual([model.disposals, candidate.disposals], [1, 1]);
  await t.throwsAsync(
    slot.swap(async () => new FakeModel('c'), options),
    { code: 'shutting_down' },
  );
});

for (const step of ['load', 'warmUp', 'check'] as const) {
  test(`a swap whose ${step} hangs ends when it is given up, and its model is disposed of when it lets go`, async (t) => {
    const { slot, model } = await serving('a');
    const [gate, disposed] = [new Gate(), new Gate()];
    const hung = { onDispose: disposed.pass };
    const candidate = new FakeModel('b', hung);
    const controller = new AbortController();
    const load = async () => {
      if (step === 'load') await gate.pass();
      return candidate;
    };
    const hanging = step === 'load' ? options : { ...options, [step]: gate.pass };
    const swap = slot.swap(load, { ...hanging, signal: controller.signal });
    await gate.reached;
    const reason = new AgentError('step_timeout', 'too long');
    controller.abort(reason);
    t.is(await t.throwsAsync(swap), reason);
    await keepsServing(slot, model, t.is);
    const next = await slot.swap(async () => new FakeModel('c'), options);
    t.is(next.current.name, 'c');
    gate.open();
    await disposed.reached;
    t.is(candidate.disposals, 1);
    t.false(await slot.close(1));
    disposed.open();
    t.true(await slot.close(10_000));
  });
}

/** Detects once the named model serves. */
async function detectOn(slot: ModelSlot, name: string) {
  while (slot.current?.name !== name) await new Promise(setImmediate);
  return detect(slot);
}

async function keepsServing(slot: ModelSlot, model: ServedModel, is: (got: unknown, want: unknown) => void) {
  is(slot.current, model.identity);
  is((await detect(slot)).label, model.identity.name);
}
