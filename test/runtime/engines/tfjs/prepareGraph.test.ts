import test from 'ava';
import { prepareGraph } from '../../../../runtime/engines/tfjs/prepareGraph.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { float32Tensor, type Tensor } from '../../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../../helpers/graphs.js';

const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);
const bytes = (...values: readonly number[]): Tensor => {
  return { dtype: 'uint8', dims: values.length === 1 ? [] : [values.length], data: Uint8Array.from(values) };
};
const scales = (...values: readonly number[]) =>
  float32Tensor(values.length === 1 ? [] : [values.length], Float32Array.from(values));

/** x -> QuantizeLinear -> DequantizeLinear. */
function pair(scale: Tensor, zeroPoint: Tensor, otherZeroPoint = zeroPoint) {
  const g = graphBuilder();
  const [steps, zero] = [g.constant(scale), g.constant(zeroPoint)];
  const other = otherZeroPoint === zeroPoint ? zero : g.constant(otherZeroPoint);
  const codes = g.node('QuantizeLinear', [g.input('x', [1, 2, 3, 3]), steps, zero]);
  return { g, codes, y: g.node('DequantizeLinear', [codes, steps, other]) };
}

test('a pair of quantizers on one grid becomes one node', (t) => {
  const { g, y } = pair(scales(0.5), bytes(128));
  t.deepEqual(operators(prepareGraph(g.build([y]))), ['FakeQuantize']);
});

test('codes that are read elsewhere are made too', (t) => {
  const { g, codes, y } = pair(scales(0.5), bytes(128));
  t.deepEqual(operators(prepareGraph(g.build([y, codes]))), ['QuantizeLinear', 'FakeQuantize']);
});

test('a pair on two grids stays, and one whose channels differ in range', (t) => {
  const shifted = pair(scales(0.5), bytes(128), bytes(127));
  const byChannel = pair(scales(0.5, 0.25), bytes(128, 0));
  for (const { g, y } of [shifted, byChannel]) {
    t.deepEqual(operators(prepareGraph(g.build([y]))), ['QuantizeLinear', 'DequantizeLinear']);
  }
});

test('quantized weights become the values that they stand for', (t) => {
  const g = graphBuilder();
  const codes = g.constant({ dtype: 'int4', dims: [2, 2], data: Int8Array.of(-8, 7, 1, 0) });
  const zero = g.constant({ dtype: 'int4', dims: [2], data: Int8Array.of(0, 1) });
  const weights = g.node('DequantizeLinear', [codes, g.constant(scales(0.5, 0.25)), zero], {
    attributes: { axis: 0 },
  });
  const graph = prepareGraph(g.build([g.node('MatMul', [g.input('x', [1, 2]), weights])]));
  t.deepEqual(operators(graph), ['MatMul']);
  t.deepEqual(graph.initializers.get(weights), float32Tensor([2, 2], Float32Array.of(-4, 3.5, 0, -0.25)));
});

test('types that TensorFlow.js lacks are refused, naming the node that makes them', (t) => {
  const g = graphBuilder();
  const double = g.node('Cast', [g.input('x', [2])], { attributes: { to: 11 }, name: 'neck/double' });
  const message = /float64.*"neck\/double"/;
  t.throws(() => prepareGraph(g.build([double])), { code: 'op_unsupported', message });
});

test('an input without fixed dimensions is refused', (t) => {
  const g = graphBuilder();
  const y = g.relu(g.input('x', ['batch', 2]));
  const graph = g.buildRaw([{ name: y, dtype: 'float32', dims: ['batch', 2] }]);
  t.throws(() => prepareGraph(graph), { code: 'engine_load_failed', message: /"x"/ });
});
