import test from 'ava';
import { codeArithmetic } from '../../../calibrate/quantize/codeArithmetic.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../helpers/graphs.js';

test('sums, products, factors by channel and LeakyReLUs between grids are listed in order', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 4, 8, 8]);
  const factors = g.constant(float32Tensor([1, 4, 1, 1], Float32Array.of(1, 8, 1, 2)));
  const scaled = g.node('Mul', [factors, x]);
  const gate = g.node('Sigmoid', [scaled]);
  const product = g.node('Mul', [x, gate]);
  const sum = g.node('Add', [product, x]);
  const relu = g.node('Relu', [sum]);
  const leaky = g.node('LeakyRelu', [relu], { attributes: { alpha: 0.1 } });
  const floating = g.node('Mul', [leaky, g.node('Exp', [x])]);
  const graph = g.build([floating]);
  const grids = [x, scaled, gate, product, relu, leaky];
  const gridOf = new Map(grids.map((tensor, id) => [tensor, id]));
  t.deepEqual(codeArithmetic(graph, gridOf), [
    { kind: 'scaling', factors: [1, 8, 2], operands: [0], result: 1 },
    { kind: 'product', operands: [0, 2], result: 3 },
    { kind: 'sum', operands: [3, 0], result: 4 },
    { kind: 'leakyRelu', slope: 0.1, operands: [4], result: 5 },
  ]);
});
