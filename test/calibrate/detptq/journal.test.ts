import test from 'ava';
import { z } from 'zod';
import type { CheckpointKey } from '../../../calibrate/detptq/checkpoint.js';
import { Journal } from '../../../calibrate/detptq/journal.js';
import type { AgentError } from '../../../runtime/errors.js';
import { memoryCheckpoint } from '../../helpers/memoryCheckpoint.js';

const key: CheckpointKey = {
  model: 'a'.repeat(64),
  frames: 'b'.repeat(64),
  recipe: 'balanced',
  without: '',
  weightBits: 4,
  activationBits: 8,
  lowBitShare: 0.8,
  seed: 7,
  engine: 'onnxruntime',
  toolVersion: '0.1.0',
};

const numbers = z.array(z.number());

/** Lines of a journal of two steps. */
async function twoSteps(): Promise<string[]> {
  const { checkpoint, appended } = memoryCheckpoint();
  const journal = await Journal.open(checkpoint, key);
  await journal.record('scaling', [0.1 + 0.2, 1e-300, Number.MAX_VALUE, 5e-324]);
  await journal.record('rounding/17', [1]);
  return appended;
}

test('what is recorded is there again when the journal is opened anew, to the last bit', async (t) => {
  const { checkpoint, appended } = memoryCheckpoint(await twoSteps());
  const journal = await Journal.open(checkpoint, key);
  t.deepEqual(journal.recorded('scaling', numbers), [0.1 + 0.2, 1e-300, Number.MAX_VALUE, 5e-324]);
  t.deepEqual(journal.recorded('rounding/17', numbers), [1]);
  t.is(journal.recorded('rounding/1', numbers), undefined);
  t.deepEqual(appended, []);
});

test('a step is computed once, whether it is recorded now or was before', async (t) => {
  let computed = 0;
  const compute = async () => [++computed];
  const { checkpoint, appended } = memoryCheckpoint(await twoSteps());
  const journal = await Journal.open(checkpoint, key);
  t.deepEqual(await journal.once('rounding/17', numbers, compute), [1]);
  t.is(computed, 0);
  t.deepEqual(await journal.once('globalP', numbers, compute), [1]);
  t.deepEqual(await journal.once('globalP', numbers, compute), [1]);
  t.is(computed, 1);
  t.deepEqual(appended, ['{"step":"globalP","value":[1]}']);
});

test('the first line says which search it is, and each step adds one line', async (t) => {
  const lines = (await twoSteps()).map((line) => JSON.parse(line) as unknown);
  t.is(lines.length, 3);
  const { checkpointVersion, ...rest } = lines[0] as { checkpointVersion: number };
  t.true(Number.isInteger(checkpointVersion));
  t.deepEqual(rest, { key });
  t.deepEqual(lines[2], { step: 'rounding/17', value: [1] });
});

test('without a checkpoint a journal still knows the steps that this run recorded', async (t) => {
  const journal = await Journal.open(undefined, key);
  t.is(journal.recorded('scaling', numbers), undefined);
  await journal.record('scaling', [2]);
  t.deepEqual(journal.recorded('scaling', numbers), [2]);
});

for (const [name, other] of Object.entries({
  model: 'c',
  frames: 'c',
  recipe: 'thorough',
  without: 'scaling',
  weightBits: 8,
  activationBits: 4,
  lowBitShare: 1,
  seed: 8,
  engine: 'tfjs',
  toolVersion: '0.2.0',
})) {
  test(`a checkpoint with another ${name} is refused, naming it`, async (t) => {
    const { checkpoint } = memoryCheckpoint(await twoSteps());
    const error = await t.throwsAsync(Journal.open(checkpoint, { ...key, [name]: other }), {
      code: 'checkpoint_mismatch',
    });
    t.true(error.message.endsWith(`its ${name} is ${key[name]}, expected ${other}`), error.message);
  });
}

test('every difference is named, also of a key that only one side has', async (t) => {
  const { checkpoint } = memoryCheckpoint(await twoSteps());
  const { seed: _, ...rest } = key;
  const error: AgentError = await t.throwsAsync(
    Journal.open(checkpoint, { ...rest, recipe: 'fast', site: 'b' }),
  );
  t.is(error.code, 'checkpoint_mismatch');
  t.deepEqual(error.detail.differences, [
    { where: 'recipe', expected: 'fast', got: 'balanced' },
    { where: 'site', expected: 'b', got: undefined },
    { where: 'seed', expected: undefined, got: 7 },
  ]);
  t.regex(error.message, /recipe is balanced, expected fast; its site .*; its seed is 7/);
});

test('what is not a journal is refused, naming the line and the key', async (t) => {
  const [head = '', step = ''] = await twoSteps();
  const older = head.replace(/"checkpointVersion":\d+/, '"checkpointVersion":1');
  const cases: [string[], RegExp][] = [
    [[older], /its format version is 1, expected \d+/],
    [['{"from": "elsewhere"}'], /line 1, key checkpointVersion/],
    [[head.slice(0, 50)], /line 1 is not JSON/],
    [[head, step, step.slice(1)], /line 3 is not JSON/],
    [[head, '{"value": 1}'], /line 2, key step/],
    [[head, 'null'], /line 2, key \(all\)/],
  ];
  for (const [lines, message] of cases) {
    const { checkpoint } = memoryCheckpoint(lines);
    await t.throwsAsync(Journal.open(checkpoint, key), { code: 'checkpoint_mismatch', message });
  }
});

test('a step whose value has another form is refused, naming the step', async (t) => {
  const { checkpoint } = memoryCheckpoint(await twoSteps());
  const journal = await Journal.open(checkpoint, key);
  t.throws(() => journal.recorded('rounding/17', z.array(z.string())), {
    code: 'checkpoint_mismatch',
    message: /step rounding\/17, key 0/,
  });
});

test('a line that cannot be kept ends the search with that error', async (t) => {
  const { checkpoint } = memoryCheckpoint();
  const journal = await Journal.open(checkpoint, key);
  checkpoint.append = () => Promise.reject(new RangeError('full'));
  await t.throwsAsync(journal.record('scaling', 1), { instanceOf: RangeError });
  t.is(journal.recorded('scaling', z.number()), undefined);
});
