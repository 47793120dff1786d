import test from 'ava';
import { warmUp } from '../../../runtime/serving/warmUp.js';
import { FakeModel } from '../../helpers/fakeModel.js';
import { Gate } from '../../helpers/gate.js';
import { jpeg } from '../../helpers/pictures.js';

test('a warm-up runs the detector three times, with or without frames', async (t) => {
  const bare = new FakeModel('a');
  await warmUp(bare.detector);
  const withFrames = new FakeModel('b');
  await warmUp(withFrames.detector, { frames: [await jpeg(8, 8)] });
  t.deepEqual([bare.runs, withFrames.runs], [3, 3]);
});

test('an aborted warm-up stops before its next run', async (t) => {
  const controller = new AbortController();
  const model = new FakeModel('a', { onRun: () => controller.abort(new Error('enough')) });
  await t.throwsAsync(warmUp(model.detector, { signal: controller.signal }), { message: 'enough' });
  t.is(model.runs, 1);
});

test('a warm-up of a detector that hangs ends when it is given up', async (t) => {
  const controller = new AbortController();
  const gate = new Gate();
  const warming = warmUp(new FakeModel('a', { onRun: gate.pass }).detector, { signal: controller.signal });
  await gate.reached;
  controller.abort(new Error('enough'));
  await t.throwsAsync(warming, { message: 'enough' });
  gate.open();
});

test('a detector that fails fails its warm-up', async (t) => {
  const model = new FakeModel('a', { onRun: () => Promise.reject(new Error('no memory')) });
  await t.throwsAsync(warmUp(model.detector), { message: 'no memory' });
});
