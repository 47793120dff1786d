import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

interface Summary {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly head: string;
  readonly bits: unknown;
}

test('a model is added, listed, shown, exported and removed', async (t) => {
  const env = { DETPTQ_STATE_DIR: tempFolder() };
  const { manifest } = await tinyDetector({ name: 'walker' });
  const added = document<Summary>(await runCli(['models', 'add', manifest, '--json'], { env }));
  t.like(added, { name: 'walker', version: '1', head: 'yolox', bits: null });

  t.like(document<Summary[]>(await runCli(['models', 'list', '--json'], { env })), [{ name: 'walker' }]);
  const shown = await runCli(['models', 'show', added.digest.slice(0, 8), '--json'], { env });
  t.like(document(shown), { name: 'walker', manifest: { head: { type: 'yolox' } } });

  const out = join(tempFolder(), 'usb');
  await runCli(['models', 'export', 'walker', '--out', out], { env });
  t.deepEqual(await readdir(out), ['walker.json', 'walker.onnx']);
  t.deepEqual(await readFile(join(out, 'walker.json')), await readFile(manifest));

  const removed = await runCli(['models', 'remove', 'walker@1', '--json'], { env });
  t.is(document<Summary>(removed).digest, added.digest);
  t.deepEqual(document(await runCli(['models', 'list', '--json'], { env })), []);
});

test('weights of any name are added with --manifest', async (t) => {
  const env = { DETPTQ_STATE_DIR: tempFolder() };
  const { manifest, weights } = await tinyDetector();
  const elsewhere = join(tempFolder(), 'download.onnx');
  await rename(weights, elsewhere);
  const result = await runCli(['models', 'add', elsewhere, '--manifest', manifest, '--json'], { env });
  t.like(document(result), { name: 'tiny', version: '1' });
});

test('weights cut short are refused and leave the store as it was', async (t) => {
  const env = { DETPTQ_STATE_DIR: tempFolder() };
  const { manifest, weights } = await tinyDetector();
  const bytes = await readFile(weights);
  await writeFile(weights, bytes.subarray(0, bytes.length / 2));
  const together = await runCli(['models', 'add', weights, '--manifest', manifest, '--json'], { env });
  t.is(together.status, 1);
  t.is(printedError(together).code, 'onnx_malformed');
  const alone = await runCli(['models', 'add', manifest, '--json'], { env });
  t.is(printedError(alone).code, 'manifest_digest_mismatch');
  t.deepEqual(document(await runCli(['models', 'list', '--json'], { env })), []);
});

test('the model in service cannot be removed', async (t) => {
  const folder = tempFolder();
  const env = { DETPTQ_STATE_DIR: folder };
  const { manifest } = await tinyDetector();
  const { digest } = document<Summary>(await runCli(['models', 'add', manifest, '--json'], { env }));
  const pointer = { active: digest, previous: null, lastGood: null };
  await writeFile(join(folder, 'active.json'), JSON.stringify(pointer));
  const result = await runCli(['models', 'remove', 'tiny', '--json'], { env });
  t.is(result.status, 1);
  t.is(printedError(result).code, 'model_in_use');
  t.like(document(await runCli(['models', 'list', '--json'], { env })), [{ digest, role: 'active' }]);
});

test('an empty store says how to fill it', async (t) => {
  const { status, stdout } = await runCli(['models', 'list']);
  t.is(status, 0);
  t.regex(stdout, /detptq models add/);
});
