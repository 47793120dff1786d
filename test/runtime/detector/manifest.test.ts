import test from 'ava';
import { parseManifest } from '../../../runtime/detector/manifest.js';
import { manifestJson } from '../../helpers/manifests.js';

type Json = Record<string, unknown>;

/** A valid manifest with one key replaced, or removed where `value` is undefined. */
function changed(key: string, value: unknown): string {
  const manifest: Json = structuredClone(manifestJson());
  const parents = key.split('.');
  const last = parents.pop()!;
  const parent = parents.reduce<Json>((object, name) => object[name] as Json, manifest);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return JSON.stringify(manifest);
}

test('a manifest is returned frozen, with defaults', (t) => {
  const head = { type: 'gfl', strides: [8], regMax: 7, outputs: { packed: 'output' } };
  const manifest = parseManifest(changed('head', head), 'm.json');
  t.true(Object.isFrozen(manifest));
  t.is(manifest.head.type === 'gfl' && manifest.head.cellOffset, 0);
});

test('text that is not JSON is refused with its origin', (t) => {
  t.throws(() => parseManifest('{"manifestVersion": 1,', 'm.json'), {
    code: 'manifest_invalid',
    message: /m\.json.*JSON/,
  });
  t.throws(() => parseManifest('[]', 'm.json'), { code: 'manifest_invalid' });
});

test('unknown keys are refused by name, at every depth', (t) => {
  for (const key of [
    'colour',
    'model.url',
    'input.scale',
    'head.anchors',
    'postprocess.topK',
    'head.outputs.extra',
  ]) {
    const name = key.split('.').at(-1)!;
    t.throws(
      () => parseManifest(changed(key, 1), 'm.json'),
      { code: 'manifest_invalid', message: new RegExp(name) },
      key,
    );
  }
});

test('wrong and missing values are refused with their key', (t) => {
  const wrong: [key: string, value: unknown][] = [
    ['manifestVersion', 2],
    ['name', 'Has Spaces'],
    ['labels', []],
    ['labels', 'coco91'],
    ['model.sha256', 'abc'],
    ['model.sizeBytes', 0],
    ['input', undefined],
    ['input.shape', [1, 3, 8]],
    ['input.shape', [2, 3, 8, 8]],
    ['input.shape', [1, 1, 8, 8]],
    ['input.shape', [1, 3, 0, 8]],
    ['input.layout', 'NHWC'],
    ['input.std', [1, 0, 1]],
    ['input.padValue', 256],
    ['input.resize', 'crop'],
    ['head.type', 'detr'],
    ['head.strides', [8, -16]],
    ['postprocess.scoreThreshold', 1.5],
    ['postprocess.maxDetections', 0],
  ];
  for (const [key, value] of wrong) {
    const error = t.throws(() => parseManifest(changed(key, value), 'm.json'), { code: 'manifest_invalid' });
    t.true(error.message.includes(`key ${key}`), error.message);
  }
});

test('the model file has to be a plain name in the same folder', (t) => {
  for (const file of ['../m.onnx', '..', '.', '/etc/passwd', 'a/b.onnx', 'a\\b.onnx', 'a\0b', '']) {
    t.throws(
      () => parseManifest(changed('model.file', file), 'm.json'),
      { code: 'manifest_invalid', message: /model\.file/ },
      file,
    );
  }
  t.notThrows(() => parseManifest(changed('model.file', '..m.onnx'), 'm.json'));
});
