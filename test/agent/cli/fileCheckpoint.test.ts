import { appendFile, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FileCheckpoint } from '../../../agent/cli/fileCheckpoint.js';
import { tempFolder } from '../../helpers/tempFolder.js';

/** A checkpoint at `path` and what it tells. */
function checkpointAt(path: string, { resume }: { resume: boolean }) {
  const notes: string[] = [];
  const kept: string[] = [];
  const checkpoint = new FileCheckpoint(path, {
    resume,
    note: (text) => notes.push(text),
    keep: (text) => kept.push(text),
  });
  return { checkpoint, notes, kept };
}

async function written(lines: readonly string[]): Promise<string> {
  const path = join(tempFolder(), 'checkpoint.jsonl');
  const { checkpoint } = checkpointAt(path, { resume: false });
  await checkpoint.load();
  for (const line of lines) await checkpoint.append(line);
  return path;
}

test('lines are in the file once they are appended, and are loaded again to go on', async (t) => {
  const path = await written(['key', 'Schlüssel', 'b']);
  t.is(await readFile(path, 'utf8'), 'key\nSchlüssel\nb\n');
  const { checkpoint, notes, kept } = checkpointAt(path, { resume: true });
  t.deepEqual(await checkpoint.load(), ['key', 'Schlüssel', 'b']);
  await checkpoint.append('c');
  t.is(await readFile(path, 'utf8'), 'key\nSchlüssel\nb\nc\n');
  t.deepEqual(notes, []);
  t.regex(kept.at(-1)!, /kept in .*checkpoint\.jsonl: go on with --resume/);
});

test('cut anywhere, the file gives its whole lines, and the unfinished one is written over', async (t) => {
  const whole = 'key\nSchlüssel\nb\n';
  const bytes = Buffer.from(whole);
  const path = join(tempFolder(), 'checkpoint.jsonl');
  for (let length = 0; length <= bytes.length; length++) {
    await writeFile(path, bytes.subarray(0, length));
    const { checkpoint, notes } = checkpointAt(path, { resume: true });
    const lines = await checkpoint.load();
    t.deepEqual(lines, ['key', 'Schlüssel', 'b'].slice(0, lines.length));
    t.is(notes.length, lines.length === 0 ? 1 : 0);
    for (const line of ['key', 'Schlüssel', 'b'].slice(lines.length)) await checkpoint.append(line);
    t.is(await readFile(path, 'utf8'), whole);
  }
});

test('a search that starts anew leaves the old file until its own first line, then replaces it', async (t) => {
  const path = await written(['key', 'a', 'b']);
  const { checkpoint } = checkpointAt(path, { resume: false });
  t.deepEqual(await checkpoint.load(), []);
  t.is(await readFile(path, 'utf8'), 'key\na\nb\n');
  await checkpoint.append('other key');
  t.is(await readFile(path, 'utf8'), 'other key\n');
});

test('without a file to go on from it says so and begins', async (t) => {
  const path = join(tempFolder(), 'checkpoint.jsonl');
  const { checkpoint, notes, kept } = checkpointAt(path, { resume: true });
  t.deepEqual(await checkpoint.load(), []);
  t.regex(notes.join(), /starting from the beginning/);
  t.deepEqual(kept, []);
  await checkpoint.append('key');
  t.is(await readFile(path, 'utf8'), 'key\n');
});

test('once it cannot be written, it warns one time and the search goes on', async (t) => {
  const path = join(tempFolder(), 'gone', 'checkpoint.jsonl');
  const { checkpoint, notes, kept } = checkpointAt(path, { resume: false });
  for (const line of ['key', 'a', 'b']) await checkpoint.append(line);
  t.is(notes.length, 1);
  t.regex(notes[0]!, /^warning: cannot write .*; the search goes on without a checkpoint$/);
  t.deepEqual(kept, []);
});

test('a full disk is named in the warning, and leaves no half of a file', async (t) => {
  const path = join(tempFolder(), 'checkpoint.jsonl');
  // Where the new file is written before it takes its name.
  await symlink('/dev/full', `${path}.new`);
  const { checkpoint, notes } = checkpointAt(path, { resume: false });
  await checkpoint.append('key');
  t.regex(notes.join(), /no space left on device/);
  t.deepEqual(await readdir(join(path, '..')), []);
});

test('a file that was taken away is not begun in the middle', async (t) => {
  const path = await written(['key']);
  const { checkpoint, notes } = checkpointAt(path, { resume: true });
  await checkpoint.load();
  await rm(path);
  await checkpoint.append('a');
  t.is(notes.length, 1);
  t.deepEqual(await readdir(join(path, '..')), []);
});

test('what a failed write left is cut off when the search is gone on from', async (t) => {
  const path = await written(['key', 'a']);
  await appendFile(path, Buffer.alloc(512));
  const { checkpoint } = checkpointAt(path, { resume: true });
  t.deepEqual(await checkpoint.load(), ['key', 'a']);
  await checkpoint.append('b');
  t.is(await readFile(path, 'utf8'), 'key\na\nb\n');
});

test('it is removed when the search has ended', async (t) => {
  const path = await written(['key']);
  const { checkpoint } = checkpointAt(path, { resume: true });
  await checkpoint.remove();
  await checkpoint.remove();
  t.deepEqual(await readdir(join(path, '..')), []);
});
