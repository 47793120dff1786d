import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  afterSoak,
  afterStart,
  afterSwap,
  emptyPointer,
  readActivePointer,
  startCandidates,
  writeActivePointer,
} from '../../../agent/state/activePointer.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

test('a pointer that was written is read back, and none at all is the empty one', async (t) => {
  const path = join(tempFolder(), 'active.json');
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
    const path = join(tempFolder(), 'active.json');
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

test('a start tries last good, active, previous, configured, each once', (t) => {
  t.deepEqual(startCandidates({ active: a, previous: b, lastGood: b }, c), [b, a, c]);
  t.deepEqual(startCandidates({ active: a, previous: b, lastGood: a }, c), [a, b, c]);
  t.deepEqual(startCandidates({ active: a, previous: b, lastGood: null }, c), [a, b, c]);
  t.deepEqual(startCandidates(emptyPointer, a), [a]);
  t.deepEqual(startCandidates(emptyPointer, null), []);
});

test('a start after a kill in the soak serves what served before, and no role names the unproven', (t) => {
  const first = afterStart(emptyPointer, { digest: a, failed: new Set() });
  t.deepEqual(first, { active: a, previous: null, lastGood: a });
  const killed = afterSwap(first, b);
  const [digest] = startCandidates(killed, a);
  t.is(digest, a);
  t.deepEqual(afterStart(killed, { digest: a, failed: new Set() }), first);
});

test('a start that serves what served before changes nothing', (t) => {
  const pointer = { active: a, previous: b, lastGood: a };
  t.deepEqual(afterStart(pointer, { digest: a, failed: new Set() }), pointer);
});

test('after a start no role names a model that failed', (t) => {
  const pointer = { active: a, previous: b, lastGood: c };
  const started = (digest: string, ...failed: string[]) =>
    afterStart(pointer, { digest, failed: new Set(failed) });
  t.deepEqual(started(c), { active: c, previous: b, lastGood: c });
  t.deepEqual(started(a, c), { active: a, previous: b, lastGood: a });
  t.deepEqual(started(b, a, c), { active: b, previous: null, lastGood: b });
  t.deepEqual(afterStart({ ...pointer, lastGood: a }, { digest: c, failed: new Set([a, b]) }).previous, null);
});
