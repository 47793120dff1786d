import test from 'ava';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import { floats, graphOutputs } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';

test('an output that the graph lacks is named with its key', (t) => {
  t.throws(() => createHead(testManifest(), graphOutputs({ other: [1, 1, 7] })), {
    code: 'manifest_model_mismatch',
    message: /head\.outputs\.packed.*named packed.*other/,
  });
});

test('an output of another size than the manifest implies is refused', (t) => {
  t.throws(() => createHead(testManifest(), graphOutputs({ packed: [1, 1, 85] })), {
    code: 'manifest_model_mismatch',
    message: /head\.outputs\.packed.*\[1, 1, 7\].*\[1, 1, 85\]/,
  });
});

test('an output whose size is open is checked when it is read', (t) => {
  const head = createHead(testManifest(), graphOutputs({ packed: ['batch', 1, 7] }));
  t.notThrows(() => head.read({ packed: floats([1, 1, 7], [0, 0, 0, 0, 0, 0, 0]) }));
  t.throws(() => head.read({ packed: floats([1, 1, 6], [0, 0, 0, 0, 0, 0]) }), {
    code: 'shape_mismatch',
    message: /packed.*\[1, 1, 7\].*\[1, 1, 6\]/,
  });
  t.throws(() => head.read({}), { code: 'shape_mismatch', message: /no such tensor/ });
  t.throws(() => head.read({ packed: { dtype: 'uint8', dims: [1, 1, 7], data: new Uint8Array(7) } }), {
    code: 'shape_mismatch',
    message: /float32.*uint8/,
  });
});
