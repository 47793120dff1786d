import test from 'ava';
import { insertQuantizers } from '../../../calibrate/quantize/insertQuantizers.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { buildScaleTable, quantizersFor } from '../../../calibrate/quantize/scaleTable.js';
import { floatIslands } from '../../../calibrate/stages/floatIslands.js';
import { producers } from '../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../helpers/graphs.js';

/** Two convolutions with a SiLU behind each, the second one's gate unscaled, and a prediction convolution. */
function siluNetwork() {
  const g = graphBuilder();
  const first = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const firstGate = g.node('Sigmoid', [first]);
  const second = g.conv(g.node('Mul', [first, firstGate]), { weights: [4, 4, 1, 1] });
  const unscaled = g.node('Mul', [
    second,
    g.constant(float32Tensor([1, 4, 1, 1], Float32Array.of(1, 2, 4, 8))),
  ]);
  const secondGate = g.node('Sigmoid', [unscaled]);
  const result = g.node('Mul', [second, secondGate]);
  const graph = prepareGraph(g.build([g.conv(result, { weights: [2, 4, 1, 1] })]));
  return { graph, first, firstGate, second, unscaled, secondGate, result };
}

test('an island holds what the convolution writes, its gate and what the gate reads, but not what the activation makes', (t) => {
  const { graph, first, firstGate, second, unscaled, secondGate } = siluNetwork();
  const islandsOf = (...tensors: readonly string[]) => floatIslands(graph, [{ tensors, remedy: 'float' }]);
  t.deepEqual(islandsOf(first), new Set([first, firstGate]));
  t.deepEqual(islandsOf(second), new Set([second, unscaled, secondGate]));
});

test('what is split is no island', (t) => {
  const { graph, first } = siluNetwork();
  t.deepEqual(floatIslands(graph, [{ tensors: [first], remedy: 'split' }]), new Set());
});

test('planned with an island, nothing is rounded between the convolution and the result of its activation', (t) => {
  const { graph, first, second, result } = siluNetwork();
  const floatTensors = floatIslands(graph, [{ tensors: [second], remedy: 'float' }]);
  const plan = planQuantization(graph, { weightBits: 8, activationBits: 8, floatTensors });
  const values = { centers: Float64Array.of(-1, 0.3, 1), weights: Float64Array.of(0.2, 0.4, 0.4) };
  const table = buildScaleTable(
    graph,
    plan,
    plan.grids.map(() => ({ ...values, min: -1, max: 1 })),
  );
  const quantized = insertQuantizers(
    graph,
    plan,
    quantizersFor(
      table,
      plan,
      plan.layers.map(() => 0),
    ),
  );
  const makers = producers(quantized);
  // The dequantized tensor keeps the name: what makes it tells whether it was rounded.
  const makerOf = (tensor: string) => makers.get(tensor)!.opType;
  t.deepEqual([...floatTensors].map(makerOf), ['Conv', 'Mul', 'Sigmoid']);
  t.deepEqual([first, result].map(makerOf), ['DequantizeLinear', 'DequantizeLinear']);
});
