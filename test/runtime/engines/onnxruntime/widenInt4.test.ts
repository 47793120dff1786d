import test from 'ava';
import { onnxruntimeEngine } from '../../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { widenInt4 } from '../../../../runtime/engines/onnxruntime/widenInt4.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../../helpers/graphs.js';

/** x of [1, 2] times a 2 x 2 matrix of 4-bit codes with one scale per column. */
function int4MatMul({ dtype }: { dtype: 'int4' | 'uint4' }) {
  const g = graphBuilder({ opset: 21, irVersion: 10 });
  const values = dtype === 'int4' ? Int8Array.of(-8, 7, 1, -1) : Uint8Array.of(0, 15, 9, 7);
  const zeros = dtype === 'int4' ? Int8Array.of(0, 0) : Uint8Array.of(8, 8);
  const codes = g.constant({ dtype, dims: [2, 2], data: values }, 'codes');
  const zeroPoint = g.constant({ dtype, dims: [2], data: zeros }, 'zero point');
  const scale = g.constant(float32Tensor([2], Float32Array.of(0.5, 0.25)), 'scale');
  const weights = g.node('DequantizeLinear', [codes, scale, zeroPoint], { attributes: { axis: 1 } });
  return { g, graph: g.build([g.node('MatMul', [g.input('x', [1, 2]), weights], { name: 'y' })]) };
}

function dtypes(graph: Graph) {
  return [...graph.initializers.values()].map(({ dtype }) => dtype).sort();
}

for (const dtype of ['int4', 'uint4'] as const) {
  test(`${dtype} weights are held in 8 bits less their zero points, scales unchanged`, async (t) => {
    const wide = widenInt4(int4MatMul({ dtype }).graph);
    t.deepEqual(dtypes(wide), ['float32', 'int8', 'int8']);
    const [codesName, scaleName, zerosName] = wide.nodes[0]!.inputs;
    t.is(scaleName, 'scale');
    t.deepEqual(wide.initializers.get(codesName!)!.data, Int8Array.of(-8, 7, 1, -1));
    t.deepEqual(wide.initializers.get(zerosName!)!.data, new Int8Array(2));
    t.notThrows(() => inferShapes(wide));
  });

  test(`a product with ${dtype} weights is what the codes and scales say`, async (t) => {
    const session = await onnxruntimeEngine.load(int4MatMul({ dtype }).graph);
    const { y } = await session.run({ x: float32Tensor([1, 2], Float32Array.of(1, 2)) });
    await session.dispose();
    // Columns: (-8 + 2 * 1) * 0.5 and (7 - 2 * 1) * 0.25.
    t.deepEqual([...y!.data], [-3, 1.25]);
  });
}

test('codes may lie anywhere around the zero point of their channel', async (t) => {
  const g = graphBuilder({ opset: 21, irVersion: 10 });
  const codes = g.constant({ dtype: 'int4', dims: [2, 2], data: Int8Array.of(-8, 7, 7, -8) });
  const zeros = g.constant({ dtype: 'int4', dims: [2], data: Int8Array.of(-8, 7) });
  const scale = g.constant(float32Tensor([2], Float32Array.of(1, 0.5)));
  const weights = g.node('DequantizeLinear', [codes, scale, zeros], { attributes: { axis: -1 } });
  const graph = g.build([g.node('MatMul', [g.input('x', [1, 2]), weights], { name: 'y' })]);
  const session = await onnxruntimeEngine.load(graph);
  const { y } = await session.run({ x: float32Tensor([1, 2], Float32Array.of(1, 2)) });
  await session.dispose();
  // Columns: (0 + 2 * 15) * 1 and (0 - 2 * 15) * 0.5.
  t.deepEqual([...y!.data], [30, -15]);
});

test('a zero point that a QuantizeLinear reads too keeps its four bits there', (t) => {
  const { g } = int4MatMul({ dtype: 'int4' });
  const quantized = g.node('QuantizeLinear', ['x', 'scale', 'zero point'], { attributes: { axis: 1 } });
  const wide = widenInt4(
    g.build([
      g.node('DequantizeLinear', [quantized, 'scale', 'zero point'], { attributes: { axis: 1 } }),
      'y',
    ]),
  );
  t.deepEqual(dtypes(wide), ['float32', 'int4', 'int8', 'int8']);
  t.notThrows(() => inferShapes(wide));
});

test('a graph without 4-bit weights comes back itself', (t) => {
  const g = graphBuilder();
  const graph = g.build([g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 3, 3] })]);
  t.is(widenInt4(graph), graph);
});
