import type { Graph } from '../graph/graph.js';

const shape = { dtype: 'float32', dims: [1] } as const;

/** y = max(x, 0): the least that shows that the native library loads and runs. */
export const probeGraph: Graph = {
  name: 'probe',
  irVersion: 8,
  opsets: new Map([['', 13]]),
  inputs: [{ name: 'x', ...shape }],
  outputs: [{ name: 'y', ...shape }],
  initializers: new Map(),
  nodes: [{ name: 'relu', opType: 'Relu', domain: '', inputs: ['x'], outputs: ['y'], attributes: new Map() }],
  values: new Map(),
  metadata: new Map(),
};
