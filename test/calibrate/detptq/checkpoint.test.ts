import test from 'ava';
import {
  type CheckpointedSearch,
  type CheckpointKey,
  readCheckpoint,
  writeCheckpoint,
} from '../../../calibrate/detptq/checkpoint.js';

const key: CheckpointKey = {
  model: 'a'.repeat(64),
  frames: 'b'.repeat(64),
  recipe: 'balanced',
  weightBits: 4,
  activationBits: 8,
  seed: 7,
  engine: 'onnxruntime',
  toolVersion: '0.1.0',
};

const search: CheckpointedSearch = {
  sweep: 1,
  state: {
    pOfLayer: [2, 0, 7],
    nextLayer: 2,
    tried: [
      [
        { p: 1, odol: 0.1 + 0.2 },
        { p: 2, odol: 1e-300 },
      ],
      [],
      [{ p: 7, odol: 0 }],
    ],
  },
};

test('what is written is read again, to the last bit', (t) => {
  t.deepEqual(readCheckpoint(writeCheckpoint(key, search), key), search);
});

for (const [name, other] of Object.entries({
  model: 'c',
  frames: 'c',
  recipe: 'thorough',
  weightBits: 8,
  activationBits: 4,
  seed: 8,
  engine: 'tfjs',
  toolVersion: '0.2.0',
})) {
  test(`a checkpoint with another ${name} is refused, naming it`, (t) => {
    const text = writeCheckpoint({ ...key, [name]: other }, search);
    const error = t.throws(() => readCheckpoint(text, key), { code: 'checkpoint_mismatch' });
    t.regex(
      error!.message,
      new RegExp(`its ${name} is ${other}, expected ${key[name as keyof CheckpointKey]}`),
    );
  });
}

test('what is not a checkpoint is refused, naming the first wrong key', (t) => {
  const valid = JSON.parse(writeCheckpoint(key, search)) as Record<string, unknown>;
  const cases: [unknown, RegExp][] = [
    [{ ...valid, checkpointVersion: 2 }, /checkpointVersion/],
    [{ ...valid, sweep: -1 }, /sweep/],
    [{ ...valid, state: { ...search.state, pOfLayer: [0.5] } }, /state\.pOfLayer\.0/],
    [{ ...valid, state: { ...search.state, tried: [[{ p: 1, odol: null }]] } }, /state\.tried\.0\.0\.odol/],
    [{ ...valid, state: undefined }, /state/],
    [[], /wrong/],
    [null, /wrong/],
  ];
  for (const [value, message] of cases) {
    t.throws(() => readCheckpoint(JSON.stringify(value), key), { code: 'checkpoint_mismatch', message });
  }
});

test('text that is cut off is refused with the parser’s error as cause', (t) => {
  const text = writeCheckpoint(key, search).slice(0, 50);
  const error = t.throws(() => readCheckpoint(text, key), { code: 'checkpoint_mismatch' });
  t.true(error!.cause instanceof SyntaxError);
});
