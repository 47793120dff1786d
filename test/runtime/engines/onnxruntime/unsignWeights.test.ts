import test from 'ava';
import { unsignWeights } from '../../../../runtime/engines/onnxruntime/unsignWeights.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

/** Two convolutions that share their int8 weights, each through a DequantizeLinear of its own. */
function sharedWeights({ zeroPoint }: { zeroPoint: readonly number[] | undefined }) {
  const g = graphBuilder();
  const codes = g.constant({ dtype: 'int8', dims: [2, 1, 1, 1], data: Int8Array.of(-127, 90) }, 'codes');
  const scale = g.constant(float32Tensor([2], Float32Array.of(0.5, 0.25)), 'scale');
  const zero = zeroPoint && g.constant({ dtype: 'int8', dims: [2], data: Int8Array.from(zeroPoint) }, 'zero');
  const weights = () =>
    g.node('DequantizeLinear', [codes, scale, ...(zero ? [zero] : [])], { attributes: { axis: 0 } });
  const once = g.node('Conv', [g.input('x', [1, 1, 2, 2]), weights()]);
  const twice = g.node('Conv', [g.node('ReduceSum', [once, g.ints(1)]), weights()]);
  return g.build([once, twice]);
}

for (const zeroPoint of [[0, 0], [-3, 5], undefined]) {
  test(`weights with zero point ${zeroPoint} become unsigned, and compute the same`, async (t) => {
    const graph = sharedWeights({ zeroPoint });
    const unsigned = unsignWeights(graph);
    const types = [...unsigned.initializers].map(([name, { dtype }]) => [name, dtype]);
    t.false(types.some(([, dtype]) => dtype === 'int8'));
    t.deepEqual(unsigned.initializers.get('codes/unsigned')!.data, Uint8Array.of(1, 218));
    t.notThrows(() => inferShapes(unsigned));
    const feeds = randomFeeds(graph);
    t.deepEqual(await runOnce(unsigned, feeds), await runOnce(graph, feeds));
  });
}

test('weights of up to 64, those of 7 bits, stay signed', (t) => {
  const g = graphBuilder();
  const codes = g.constant({ dtype: 'int8', dims: [2, 1, 1, 1], data: Int8Array.of(-64, 63) });
  const scale = g.constant(float32Tensor([2], Float32Array.of(0.5, 0.25)));
  const weights = g.node('DequantizeLinear', [codes, scale], { attributes: { axis: 0 } });
  const graph = g.build([g.node('Conv', [g.input('x', [1, 1, 2, 2]), weights])]);
  t.deepEqual(unsignWeights(graph), graph);
});

test('codes that are made at run time stay signed', (t) => {
  const g = graphBuilder();
  const scale = g.constant(float32Tensor([], Float32Array.of(0.5)), 'scale');
  const zero = g.constant({ dtype: 'int8', dims: [], data: Int8Array.of(0) }, 'zero');
  const codes = g.node('QuantizeLinear', [g.input('x', [2]), scale, zero]);
  const graph = g.build([g.node('DequantizeLinear', [codes, scale, zero])]);
  t.deepEqual(unsignWeights(graph), graph);
});
