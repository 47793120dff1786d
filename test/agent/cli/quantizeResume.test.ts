import { existsSync, readFileSync } from 'node:fs';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { printedError, runCli } from '../../helpers/cli.js';
import { folderOf } from '../../helpers/frameFolders.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { until } from '../../helpers/until.js';
import { writtenDetector } from '../../helpers/writtenDetector.js';

/** The arguments of a search of a second or so, all but `--out`. */
async function searchArgs(): Promise<string[]> {
  const model = await writtenDetector(pyramidDetector());
  const frames = await pyramidFrames(8);
  const calib = await folderOf(Object.fromEntries(frames.map(({ name, bytes }) => [name, bytes])));
  const bits = ['--weight-bits', '4', '--activation-bits', '4'];
  return ['quantize', model, '--calib', calib, '--frames', '4', ...bits, '--threads', '1', '--json'];
}

const checkpointIn = (out: string) => join(out, 'checkpoint.jsonl');

function linesIn(out: string): number {
  const path = checkpointIn(out);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}

/** Runs the search, kills it once its checkpoint has `lines` lines and returns the status: `null`, as of any kill. */
async function killAt(lines: number, args: readonly string[], out: string): Promise<number | null> {
  const { status } = await runCli([...args, '--out', out], {
    onFirstStderr: (child) => until(() => linesIn(out) >= lines).then(() => child.kill('SIGKILL')),
  });
  return status;
}

/** All that a quantized model is; the reports tell times. */
function modelIn(out: string): Promise<Buffer[]> {
  const files = ['pyramid.onnx', 'pyramid.json', 'pyramid.selftest.json'];
  return Promise.all(files.map((file) => readFile(join(out, file))));
}

test('killed after any step and gone on with, a search writes the bytes of an uninterrupted one', async (t) => {
  const args = await searchArgs();
  const whole = tempFolder();
  t.is((await runCli([...args, '--out', whole])).status, 0);
  const expected = await modelIn(whole);

  const out = tempFolder();
  for (const lines of [2, 4, 7]) {
    t.is(await killAt(lines, [...args, '--resume'], out), null);
    t.true(linesIn(out) >= lines);
    t.false((await readdir(out)).includes('pyramid.json'));
  }
  t.is((await runCli([...args, '--out', out, '--resume'])).status, 0);
  t.deepEqual(await modelIn(out), expected);
  t.false((await readdir(out)).includes('checkpoint.jsonl'));
});

test('what stops a resumed search keeps the checkpoint: a cap on memory, another seed', async (t) => {
  const args = await searchArgs();
  const out = tempFolder();
  t.is(await killAt(3, args, out), null);
  const kept = join(tempFolder(), 'copy');
  await copyFile(checkpointIn(out), kept);

  const capped = await runCli([...args, '--out', out, '--resume', '--max-memory', '64']);
  t.is(capped.status, 1);
  t.is(printedError(capped).code, 'out_of_memory');
  t.true((await readFile(checkpointIn(out), 'utf8')).startsWith(await readFile(kept, 'utf8')));

  await copyFile(kept, checkpointIn(out));
  const reseeded = await runCli([...args, '--out', out, '--resume', '--seed', '5']);
  t.is(reseeded.status, 1);
  const error = printedError(reseeded);
  t.is(error.code, 'checkpoint_mismatch');
  t.regex(error.message, /its frames is .*; its seed is 0, expected 5/);
  t.deepEqual(await readFile(checkpointIn(out)), await readFile(kept));
});

test('interrupted, a search says what it keeps and how to go on', async (t) => {
  const args = await searchArgs();
  const out = tempFolder();
  const result = await runCli([...args, '--out', out], {
    onFirstStderr: (child) => until(() => linesIn(out) >= 2).then(() => child.kill('SIGINT')),
  });
  t.is(result.status, 130);
  t.regex(printedError(result).message, /interrupted by SIGINT; the steps done are kept in .*--resume/);
  t.true(linesIn(out) >= 2);
});

test('--resume refuses what is no checkpoint, and without it that is replaced', async (t) => {
  const args = await searchArgs();
  const out = tempFolder();
  await writeFile(checkpointIn(out), '{"from": "elsewhere"}\n');
  const resumed = await runCli([...args, '--out', out, '--resume']);
  t.is(resumed.status, 1);
  t.is(printedError(resumed).code, 'checkpoint_mismatch');
  t.is((await runCli([...args, '--out', out, '--recipe', 'fast'])).status, 0);
  t.false((await readdir(out)).includes('checkpoint.jsonl'));
});
