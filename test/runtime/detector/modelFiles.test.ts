import { createHash } from 'node:crypto';
import { appendFile, copyFile, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Manifest } from '../../../runtime/detector/manifest.js';
import { manifestDigest, readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

/** Rewrites a manifest. */
async function rewrite(path: string, change: (manifest: Manifest) => object): Promise<void> {
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
}

test('a manifest and its folder read the same detector', async (t) => {
  const { folder, manifest, weights } = await tinyDetector();
  const files = await readModelFiles(manifest);
  const text = await readFile(manifest, 'utf8');
  t.is(files.manifestText, text);
  t.is(files.digest, createHash('sha256').update(text).digest('hex'));
  t.is(files.digest, manifestDigest(text));
  t.is(files.folder, folder);
  t.deepEqual(Buffer.from(files.modelBytes), await readFile(weights));
  t.is(files.manifest.name, 'tiny');
  t.is(files.graph.inputs[0]!.name, 'image');
  t.deepEqual((await readModelFiles(folder)).digest, files.digest);
});

test('reports, self-tests and broken JSON in the folder are no manifests', async (t) => {
  const { folder } = await tinyDetector();
  await writeFile(join(folder, 'report.json'), '{"model": "tiny"}');
  await writeFile(join(folder, 'tiny.selftest.json'), '[]');
  await writeFile(join(folder, 'notes.json'), '{');
  t.is((await readModelFiles(folder)).manifest.name, 'tiny');
});

test('a folder without a manifest, or with two, is refused', async (t) => {
  const empty = tempFolder();
  await t.throwsAsync(readModelFiles(empty), { code: 'file_not_found', message: /exactly one manifest/ });
  const { folder, manifest } = await tinyDetector();
  await copyFile(manifest, join(folder, 'copy.json'));
  await t.throwsAsync(readModelFiles(folder), {
    code: 'manifest_invalid',
    message: /copy\.json, tiny\.json/,
  });
});

test('missing and unreadable files are named', async (t) => {
  const { folder, manifest, weights } = await tinyDetector();
  await t.throwsAsync(readModelFiles(join(folder, 'absent.json')), {
    code: 'file_not_found',
    message: /absent\.json/,
  });
  await t.throwsAsync(readModelFiles(join(manifest, 'x')), { code: 'file_not_found' });
  await rm(weights);
  await t.throwsAsync(readModelFiles(manifest), { code: 'file_not_found', message: /tiny\.onnx/ });
  await mkdir(weights);
  const { size } = await stat(weights);
  await rewrite(manifest, (m) => ({ ...m, model: { ...m.model, sizeBytes: size } }));
  await t.throwsAsync(readModelFiles(manifest), { code: 'file_unreadable', message: /tiny\.onnx/ });
});

test('weights of another size or content than the manifest names are refused', async (t) => {
  const { manifest, weights } = await tinyDetector();
  const bytes = await readFile(weights);
  await appendFile(weights, 'x');
  await t.throwsAsync(readModelFiles(manifest), {
    code: 'manifest_digest_mismatch',
    message: /model\.sizeBytes/,
  });
  await truncate(weights, bytes.length - 1);
  await t.throwsAsync(readModelFiles(manifest), {
    code: 'manifest_digest_mismatch',
    message: /model\.sizeBytes/,
  });
  bytes[100]! ^= 1;
  await writeFile(weights, bytes);
  await t.throwsAsync(readModelFiles(manifest), {
    code: 'manifest_digest_mismatch',
    message: /model\.sha256/,
  });
});

test('a manifest whose model lies elsewhere is refused before anything is read', async (t) => {
  const { manifest } = await tinyDetector();
  await rewrite(manifest, (m) => ({ ...m, model: { ...m.model, file: '../tiny.onnx' } }));
  await t.throwsAsync(readModelFiles(manifest), { code: 'manifest_invalid', message: /model\.file/ });
});

test('a manifest that does not fit the graph is refused with the key', async (t) => {
  const misfits: [key: RegExp, change: (manifest: Manifest) => object][] = [
    [/input\.name.*"picture".*image/, (m) => ({ ...m, input: { ...m.input, name: 'picture' } })],
    [
      /input\.shape.*\[1, 3, 32, 64\].*\[1, 3, 32, 32\]/,
      (m) => ({ ...m, input: { ...m.input, shape: [1, 3, 32, 64] } }),
    ],
    [
      /head\.outputs\.packed.*absent.*packed/,
      (m) => ({ ...m, head: { ...m.head, outputs: { packed: 'absent' } } }),
    ],
    [/head\.outputs\.packed.*\[1, 16, 8\].*\[1, 16, 7\]/, (m) => ({ ...m, labels: ['a', 'b', 'c'] })],
    [/head\.outputs\.packed.*\[1, 4, 7\]/, (m) => ({ ...m, head: { ...m.head, strides: [16] } })],
  ];
  for (const [message, change] of misfits) {
    const { manifest } = await tinyDetector();
    await rewrite(manifest, change);
    await t.throwsAsync(readModelFiles(manifest), { code: 'manifest_model_mismatch', message });
  }
});

/** Replaces the weights, and their digest in the manifest. */
async function replaceWeights(
  { manifest, weights }: { manifest: string; weights: string },
  bytes: Uint8Array,
) {
  await writeFile(weights, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await rewrite(manifest, (m) => ({ ...m, model: { ...m.model, sha256, sizeBytes: bytes.length } }));
}

test('a truncated or foreign ONNX file is refused, though its digest is right', async (t) => {
  const detector = await tinyDetector();
  const bytes = await readFile(detector.weights);
  await replaceWeights(detector, bytes.subarray(0, bytes.length / 2));
  await t.throwsAsync(readModelFiles(detector.manifest), { code: 'onnx_malformed', message: /tiny\.onnx/ });
  await replaceWeights(detector, Buffer.from('%PDF-1.7 not a network at all'));
  await t.throwsAsync(readModelFiles(detector.manifest), { code: 'onnx_malformed' });
});

test('weights that are NaN are refused', async (t) => {
  const detector = await tinyDetector();
  const { graph } = await readModelFiles(detector.manifest);
  const initializers = new Map(graph.initializers);
  const [name, tensor] = [...initializers].find(([, { dtype }]) => dtype === 'float32')!;
  const data = Float32Array.from(tensor.data as Float32Array);
  data[1] = NaN;
  initializers.set(name, float32Tensor(tensor.dims, data));
  await replaceWeights(detector, encodeOnnx({ ...graph, initializers }));
  await t.throwsAsync(readModelFiles(detector.manifest), {
    code: 'weights_not_finite',
    message: new RegExp(name),
  });
});
