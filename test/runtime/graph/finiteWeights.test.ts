import test from 'ava';
import { AgentError } from '../../../runtime/errors.js';
import { assertFiniteWeights } from '../../../runtime/graph/finiteWeights.js';
import { float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../helpers/graphs.js';

function graphWith(tensor: Tensor) {
  const g = graphBuilder();
  g.constant(tensor, 'stem.weight');
  return g.buildRaw([]);
}

for (const [what, tensor] of [
  ['NaN', float32Tensor([2], Float32Array.of(0, Number.NaN))],
  ['infinite', float32Tensor([2], Float32Array.of(0, Number.NEGATIVE_INFINITY))],
  ['NaN in float64', { dtype: 'float64', dims: [2], data: Float64Array.of(0, Number.NaN) }],
  ['infinite in float16', { dtype: 'float16', dims: [2], data: Uint16Array.of(0, 0xfc00) }],
] as const satisfies readonly (readonly [string, Tensor])[]) {
  test(`a weight that is ${what} is refused, naming tensor and element`, (t) => {
    const error = t.throws(() => assertFiniteWeights(graphWith(tensor), 'model.onnx'), {
      instanceOf: AgentError,
      message: /model\.onnx: element 1 of tensor "stem\.weight"/,
    });
    t.is(error?.code, 'weights_not_finite');
  });
}

test('a NaN in a Constant node is found too', (t) => {
  const g = graphBuilder();
  g.node('Constant', [], {
    name: 'c',
    attributes: { value: float32Tensor([1], Float32Array.of(Number.NaN)) },
  });
  t.throws(() => assertFiniteWeights(g.buildRaw([]), 'model'), { message: /tensor "c"/ });
});

test('a single value may be infinite, but not NaN', (t) => {
  const half = (bits: number): Tensor => ({ dtype: 'float16', dims: [], data: Uint16Array.of(bits) });
  const single = (value: number) => float32Tensor([], Float32Array.of(value));
  for (const bound of [single(Number.NEGATIVE_INFINITY), half(0xfc00)])
    t.notThrows(() => assertFiniteWeights(graphWith(bound), 'model'));
  for (const broken of [single(Number.NaN), half(0xfe00)])
    t.throws(() => assertFiniteWeights(graphWith(broken), 'model'), { code: 'weights_not_finite' });
});

test('finite floats and integers of any bits are accepted', (t) => {
  t.notThrows(() => assertFiniteWeights(graphWith(float32Tensor([1], Float32Array.of(3.4e38))), 'model'));
  t.notThrows(() =>
    assertFiniteWeights(graphWith({ dtype: 'uint16', dims: [1], data: Uint16Array.of(0x7c00) }), 'model'),
  );
});
