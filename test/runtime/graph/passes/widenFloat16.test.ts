import test from 'ava';
import { decodeOnnx, encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { widenFloat16 } from '../../../../runtime/graph/passes/widenFloat16.js';
import type { Tensor } from '../../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../../helpers/graphs.js';

const half = (...bits: readonly number[]): Tensor => ({
  dtype: 'float16',
  dims: [bits.length],
  data: Uint16Array.from(bits),
});

test('float16 becomes float32 of the same values, everywhere', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [4], 'float16');
  // 1, -2, the smallest subnormal, the largest finite number.
  const weights = g.constant(half(0x3c00, 0xc000, 0x0001, 0x7bff), 'w');
  const bias = g.node('Constant', [], {
    attributes: { value: half(0x3555, 0x8000, 0x7c00, 0xfc00) },
    name: 'c',
  });
  const cast = g.node('Cast', [g.node('Mul', [x, weights])], { attributes: { to: 10 }, name: 'cast' });
  const sum = g.node('Add', [cast, bias], { name: 'sum' });
  const graph = g.buildRaw([{ name: sum, dtype: 'float16', dims: [4] }]);
  const wide = widenFloat16(decodeOnnx(encodeOnnx(graph)));
  t.is(wide.inputs[0]!.dtype, 'float32');
  t.is(wide.outputs[0]!.dtype, 'float32');
  t.deepEqual([...wide.initializers.get('w')!.data], [1, -2, 2 ** -24, 65504]);
  const [constant, , castNode] = wide.nodes;
  const value = constant!.attributes.get('value');
  t.deepEqual(value?.type === 'tensor' && [...value.value.data], [
    0.333251953125,
    -0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
  t.deepEqual(castNode!.attributes.get('to'), { type: 'int', value: 1n });
});

test('a graph without float16 is returned as it is', (t) => {
  const g = graphBuilder();
  const graph = g.build([g.relu(g.input('x', [1]))]);
  t.is(widenFloat16(graph), graph);
});

test('a float16 graph with a subgraph is refused by its node', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1], 'float16');
  const loop = g.node('If', [x], {
    attributes: { then_branch: { type: 'opaque', value: null } },
    name: 'if',
  });
  t.throws(() => widenFloat16(g.buildRaw([{ name: loop, dtype: 'float16', dims: [1] }])), {
    code: 'op_unsupported',
    message: /If "if".*then_branch/,
  });
});
