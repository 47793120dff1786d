import test from 'ava';
import type { Checkpoint, CheckpointKey } from '../../../calibrate/detptq/checkpoint.js';
import { sweepLayers } from '../../../calibrate/detptq/sweepLayers.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const key: CheckpointKey = {
  model: 'm',
  frames: 'f',
  recipe: 'thorough',
  weightBits: 4,
  activationBits: 4,
  seed: 0,
  engine: 'onnxruntime',
  toolVersion: '0.1.0',
};

/** A checkpoint in memory that remembers all it was given. */
function memory(text: string | null = null) {
  const saved: string[] = [];
  const checkpoint: Checkpoint = {
    load: async () => text,
    save: async (next) => {
      saved.push(next);
    },
  };
  return { checkpoint, saved };
}

const options = { sweeps: 2, start: 5, key, onLayer: () => {} };

test('progress counts the layers of all sweeps, and each is written down before it is told', async (t) => {
  const problem = await pyramidProblem();
  const layers = problem.plan.layers.length;
  const { checkpoint, saved } = memory();
  const done: number[] = [];
  const onLayer = (count: number) => {
    done.push(count);
    t.is(saved.length, count);
  };
  await sweepLayers(workbench(), problem, { ...options, checkpoint, onLayer });
  t.deepEqual(
    done,
    Array.from({ length: 2 * layers }, (_, i) => i + 1),
  );
});

test('gone on from any checkpoint, it ends where the uninterrupted search does', async (t) => {
  const problem = await pyramidProblem();
  const { checkpoint, saved } = memory();
  const whole = await sweepLayers(workbench(), problem, { ...options, checkpoint });
  t.deepEqual(await sweepLayers(workbench(), problem, { ...options, checkpoint: undefined }), whole);
  for (const [position, text] of saved.entries()) {
    const resumed = memory(text);
    t.deepEqual(
      await sweepLayers(workbench(), problem, { ...options, checkpoint: resumed.checkpoint }),
      whole,
    );
    t.deepEqual(resumed.saved, saved.slice(position + 1));
  }
});

test('a second sweep starts from what the first decided', async (t) => {
  const problem = await pyramidProblem();
  const once = memory();
  const first = await sweepLayers(workbench(), problem, {
    ...options,
    sweeps: 1,
    checkpoint: once.checkpoint,
  });
  const twice = memory();
  await sweepLayers(workbench(), problem, { ...options, checkpoint: twice.checkpoint });
  t.deepEqual(twice.saved.slice(0, once.saved.length), once.saved);
  const next = JSON.parse(twice.saved[once.saved.length]!) as {
    sweep: number;
    state: { pOfLayer: number[] };
  };
  t.is(next.sweep, 1);
  t.deepEqual(next.state.pOfLayer.slice(1), first.pOfLayer.slice(1));
});

test('a checkpoint of another run is refused before anything is computed', async (t) => {
  const problem = await pyramidProblem();
  const { checkpoint, saved } = memory();
  await sweepLayers(workbench(), problem, { ...options, sweeps: 1, checkpoint });
  const bench = workbench();
  const other = { ...options, key: { ...key, seed: 1 }, checkpoint: memory(saved[0]!).checkpoint };
  await t.throwsAsync(sweepLayers(bench, problem, other), {
    code: 'checkpoint_mismatch',
    message: /its seed is 0/,
  });
  t.is(bench.counter.passes, 0);
});

test('a checkpoint that cannot be written ends the search with that error', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const checkpoint: Checkpoint = {
    load: async () => null,
    save: () => Promise.reject(new RangeError('full')),
  };
  await t.throwsAsync(sweepLayers(workbench(), problem, { ...options, checkpoint }), {
    instanceOf: RangeError,
  });
});
