import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { QuantizeReport } from '../../../calibrate/report.js';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { folderOf, jpeg } from '../../helpers/frameFolders.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

async function calibrationFolder(): Promise<string> {
  const brightnesses = [40, 80, 120, 160, 200, 240];
  const pictures = await Promise.all(brightnesses.map(async (b) => [`${b}.jpg`, await jpeg(b)] as const));
  return folderOf(Object.fromEntries(pictures));
}

const frames = ['--frames', '3', '--json'];

test('quantize writes model, manifest, self-test and reports, and the model then runs and agrees', async (t) => {
  const { manifest, weights } = await tinyDetector();
  const calib = await calibrationFolder();
  const out = join(tempFolder(), 'int8');
  const result = await runCli(['quantize', manifest, '--calib', calib, '--out', out, ...frames]);
  t.is(result.status, 0);
  t.deepEqual(await readdir(out), [
    'report.html',
    'report.json',
    'tiny.json',
    'tiny.onnx',
    'tiny.selftest.json',
  ]);
  const report = document<QuantizeReport>(result);
  t.deepEqual(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')), report);
  t.like(report, { model: 'tiny', recipe: 'balanced', bits: { weight: 8, activation: 8 }, labelled: null });
  t.like(report, { latency: { engine: 'onnxruntime' }, versions: { 'Node.js': process.versions.node } });
  // Both forms were timed, as when it is loaded for service.
  t.regex(
    report.latency!.lowering!,
    /^(lowered to|runs as it stands: lowered it is slower).* as it stands\)?$/,
  );
  const { odolSearched, odolWritten, odolServed } = report.served!;
  t.true(Math.abs(odolWritten / odolSearched - 1) < 0.02, `${odolWritten} ${odolSearched}`);
  t.true(Math.abs(odolServed / odolSearched - 1) < 0.02, `${odolServed} ${odolSearched}`);
  t.deepEqual(report.size, {
    floatBytes: (await stat(weights)).size,
    quantizedBytes: (await stat(join(out, 'tiny.onnx'))).size,
  });
  const html = await readFile(join(out, 'report.html'), 'utf8');
  t.is(html.match(/src="data:image\/jpeg;base64,/g)?.length, 6);
  const written = JSON.parse(await readFile(join(out, 'tiny.json'), 'utf8'));
  t.like(written, { name: 'tiny', quantization: { weightBits: 8, activationBits: 8, seed: 0 } });

  const compared = await runCli(['agreement', out, '--reference', manifest, '--images', calib, '--json']);
  t.like(document(compared), { n: 6, precision: 'int8' });
  t.true(document<{ agreementMap: number }>(compared).agreementMap > 0.8);

  const env = { DETPTQ_STATE_DIR: tempFolder() };
  await runCli(['models', 'add', out], { env });
  const exported = join(tempFolder(), 'copy');
  await runCli(['models', 'export', 'tiny', '--out', exported], { env });
  const copied = (await readdir(out)).filter((name) => name !== 'report.html');
  t.deepEqual(await readdir(exported), copied);
});

test('the same command writes the same bytes', async (t) => {
  const { manifest } = await tinyDetector();
  const calib = await calibrationFolder();
  const digests = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const out = join(tempFolder(), name);
      await runCli(['quantize', manifest, '--calib', calib, '--out', out, ...frames, '--seed', '7']);
      return readFile(join(out, 'tiny.onnx'));
    }),
  );
  t.deepEqual(digests[0], digests[1]);
});

test('labelled images need both a folder and annotations', async (t) => {
  const { manifest } = await tinyDetector();
  const calib = await calibrationFolder();
  const out = join(tempFolder(), 'out');
  const args = ['quantize', manifest, '--calib', calib, '--out', out, ...frames];
  const result = await runCli([...args, '--images', calib]);
  t.is(result.status, 2);
  t.like(printedError(result), { code: 'usage', message: 'expected --annotations beside --images' });
});

test('quantize refuses to write over the float model', async (t) => {
  const { manifest, folder } = await tinyDetector();
  const before = await readFile(manifest, 'utf8');
  const calib = await calibrationFolder();
  const result = await runCli(['quantize', manifest, '--calib', calib, '--out', folder, ...frames]);
  t.is(result.status, 2);
  t.is(printedError(result).detail.where, '--out');
  t.is(await readFile(manifest, 'utf8'), before);
});

test('quantize refuses a model that is quantized already', async (t) => {
  const { manifest } = await tinyDetector();
  const calib = await calibrationFolder();
  const out = join(tempFolder(), 'once');
  await runCli(['quantize', manifest, '--calib', calib, '--out', out, ...frames]);
  const again = join(tempFolder(), 'twice');
  const result = await runCli(['quantize', out, '--calib', calib, '--out', again, ...frames]);
  t.is(result.status, 1);
  t.is(printedError(result).code, 'not_quantizable');
});

test('a calibration folder without an image is an error; one image is enough, with a warning', async (t) => {
  const { manifest } = await tinyDetector();
  const out = join(tempFolder(), 'out');
  const none = await folderOf({ 'notes.txt': 'no image', 'text.jpg': 'no image either' });
  const refused = await runCli(['quantize', manifest, '--calib', none, '--out', out, ...frames]);
  t.is(refused.status, 1);
  t.is(printedError(refused).code, 'frames_missing');

  const one = await folderOf({ 'a.jpg': await jpeg(90), 'text.jpg': 'no image' });
  const done = await runCli(['quantize', manifest, '--calib', one, '--out', out, ...frames]);
  t.is(done.status, 0);
  t.regex(done.stderr, /passed over 1 images that do not decode/);
  t.regex(done.stderr, /one frame only/);
});

test('--max-memory stops a search that takes more', async (t) => {
  const { manifest } = await tinyDetector();
  const calib = await calibrationFolder();
  const out = join(tempFolder(), 'out');
  const args = ['quantize', manifest, '--calib', calib, '--out', out, ...frames, '--max-memory', '64'];
  const result = await runCli(args);
  t.is(result.status, 1);
  t.is(printedError(result).code, 'out_of_memory');
});
