import type { Graph } from '../../runtime/graph/graph.js';
import { graphBuilder } from './graphs.js';

/** Two convolutions with what lies between them: layouts, temporaries, a constant in two layouts, two outputs. */
export function smallGraph(): Graph {
  const g = graphBuilder();
  const x = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 3, 3], pad: 1 });
  const rows = g.node('Reshape', [x, g.ints(1, 4, 64)]);
  const back = g.node('Reshape', [g.node('Softmax', [rows]), g.ints(1, 4, 8, 8)]);
  const sum = g.node('Add', [back, g.node('Mul', [x, g.weights(4, 1, 1)])]);
  return g.build([g.conv(sum, { weights: [2, 4, 1, 1] }), rows]);
}
