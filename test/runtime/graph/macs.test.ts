import test from 'ava';
import { nodeMacs } from '../../../runtime/graph/macs.js';
import { inferShapes } from '../../../runtime/graph/passes/inferShapes.js';
import { graphBuilder } from '../../helpers/graphs.js';

test('multiply-accumulates count each output element once per weight that it sees', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 8, 10, 10]);
  const dense = g.conv(x, { weights: [16, 8, 3, 3], stride: 2, pad: 1 });
  const depthwise = g.conv(dense, { weights: [16, 1, 3, 3], pad: 1, group: 16 });
  const flat = g.node('Flatten', [g.relu(depthwise)]);
  const gemm = g.node('Gemm', [flat, g.weights(10, 400)], { attributes: { transB: 1 } });
  const product = g.node('MatMul', [gemm, g.weights(10, 3)]);
  t.deepEqual(
    nodeMacs(inferShapes(g.build([product]))),
    new Map([
      [dense, 16 * 5 * 5 * 8 * 9],
      [depthwise, 16 * 5 * 5 * 9],
      [gemm, 400 * 10],
      [product, 10 * 3],
    ]),
  );
});
