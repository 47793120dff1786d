import type { Graph } from '../../runtime/graph/graph.js';
import { graphBuilder } from './graphs.js';

/** A chain of convolutions that takes a software renderer minutes: 155 GMAC in all, with 0.6 MB of weights. */
export function heavyGraph(): Graph {
  const g = graphBuilder();
  let x = g.input('x', [1, 64, 128, 128]);
  const weights = g.weights(64, 64, 6, 6);
  const pads = { pads: [3, 3, 2, 2] };
  for (let layer = 0; layer < 64; layer++) x = g.node('Conv', [x, weights], { attributes: pads });
  return g.build([x]);
}
