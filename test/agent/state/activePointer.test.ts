import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  afterFallback,
  afterSoak,
  afterSwap,
  emptyPointer,
  readActivePointer,
  startCandidates,
  writeActivePointer,
} from '../../../agent/state/activePointer.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

test('a pointer that was written is read back, and none at all is the empty one', async (t) => {
  const path = join(await tempFolder(), 'active.json');
  t.deepEqual(await readActivePointer(path), { pointer: emptyPointer });
  const pointer = { active: a, previous: b, lastGood: null };
  await writeActivePointer(path, pointer);
  t.deepEqual(await readActivePointer(path), { pointer });
});

for (const [what, text] of [
  ['cut short', '{"active": "aaaa'],
  ['of another form', '{"active": 3, "previous": null, "lastGood": null}'],
  ['with a digest that is none', '{"active": "../../etc", "previous": null, "lastGood": null}'],
  ['empty', ''],
] as const) {
  test(`a pointer ${what} is a visible problem that names the fallback`, async (t) => {
    const path = join(await tempFolder(), 'active.json');
    await writeFile(path, text);
    const { pointer, problem } = await readActivePointer(path);
    t.deepEqual(pointer, emptyPointer);
    t.is(problem?.code, 'state_corrupt');
    t.regex(problem?.message ?? '', /configured model/);
  });
}

test('a swap makes the active model the previous one, and last good stays until the soak is over', (t) => {
  const swapped = afterSwap({ active: a, previous: c, lastGood: a }, b);
  t.deepEqual(swapped, { active: b, previous: a, lastGood: a });
  t.deepEqual(afterSoak(swapped), { active: b, previous: a, lastGood: b });
});

test('a swap to the model in service changes nothing', (t) => {
  const pointer = { active: a, previous: b, lastGood: a };
  t.deepEqual(afterSwap(pointer, a), pointer);
});

test('a start tries active, last good, previous, configured, each once', (t) => {
  t.deepEqual(startCandidates({ active: a, previous: b, lastGood: b }, c), [a, b, c]);
  t.deepEqual(startCandidates({ active: a, previous: null, lastGood: a }, a), [a]);
  t.deepEqual(startCandidates(emptyPointer, null), []);
});

test('after a fallback no role names a model that failed', (t) => {
  const pointer = { active: a, previous: b, lastGood: c };
  t.deepEqual(afterFallback(pointer, { digest: c, failed: new Set([a]) }), {
    active: c,
    previous: b,
    lastGood: c,
  });
  t.deepEqual(afterFallback(pointer, { digest: c, failed: new Set([a, b]) }), {
    active: c,
    previous: null,
    lastGood: c,
  });
  t.deepEqual(afterFallback(pointer, { digest: b, failed: new Set([a, c]) }).previous, null);
});
