import test from 'ava';
import { fixInputDims } from '../../../../runtime/graph/passes/fixInputDims.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { graphBuilder } from '../../../helpers/graphs.js';

function dynamicBatch() {
  const g = graphBuilder();
  const y = g.relu(g.input('x', ['N', 3]));
  return g.buildRaw([{ name: y, dtype: 'float32', dims: ['N', 3] }]);
}

test('a graph with a dynamic batch size is inferred once it is fixed', (t) => {
  t.throws(() => inferShapes(dynamicBatch()), { code: 'shape_mismatch', message: /input "x".*\[N, 3\]/ });
  const fixed = inferShapes(fixInputDims(dynamicBatch(), new Map([['x', [2, 3]]])));
  t.deepEqual(fixed.outputs[0]!.dims, [2, 3]);
});

test('a dimension that is fixed already cannot be changed', (t) => {
  for (const dims of [[1, 4], [1, 3, 1], []]) {
    t.throws(() => fixInputDims(dynamicBatch(), new Map([['x', dims]])), { code: 'shape_mismatch' });
  }
});
