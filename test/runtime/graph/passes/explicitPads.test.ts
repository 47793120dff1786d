import test from 'ava';
import { explicitPads } from '../../../../runtime/graph/passes/explicitPads.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;
type Block = (g: Builder, x: string) => string;

const conv = (attributes: Record<string, string | readonly number[]>, kernel = [3, 4]): Block => {
  return (g, x) => g.node('Conv', [x, g.weights(2, 3, ...kernel)], { attributes });
};
const maxPool = (attributes: Record<string, string | number | readonly number[]>): Block => {
  return (g, x) =>
    g.node('MaxPool', [x], { attributes: { kernel_shape: [3, 3], strides: [2, 2], ...attributes } });
};
const padded = (g: Builder, x: string, pads: readonly number[], more: readonly string[] = []) =>
  g.node('Pad', [x, g.ints(...pads), ...more]);

/** With the pads that they come to, of an image of 8 x 7. */
const blocks: Record<string, [Block, number[]]> = {
  'a Conv of SAME_UPPER': [conv({ auto_pad: 'SAME_UPPER', strides: [2, 2] }), [0, 1, 1, 2]],
  'a Conv of SAME_LOWER': [conv({ auto_pad: 'SAME_LOWER', strides: [2, 2] }), [1, 2, 0, 1]],
  'a Conv of VALID': [conv({ auto_pad: 'VALID' }), [0, 0, 0, 0]],
  'a MaxPool of SAME_UPPER': [maxPool({ auto_pad: 'SAME_UPPER' }), [0, 1, 1, 1]],
  'a MaxPool rounded up': [maxPool({ ceil_mode: 1, pads: [1, 0, 0, 0] }), [1, 0, 0, 0]],
  'a MaxPool rounded up beyond the end': [maxPool({ ceil_mode: 1 }), [0, 0, 1, 0]],
  'a Conv behind zeros': [
    (g, x) => conv({ pads: [1, 0, 0, 1] })(g, padded(g, x, [0, 0, 1, 2, 0, 0, 0, 1])),
    [2, 2, 0, 2],
  ],
  'a Conv of VALID behind zeros that are written': [
    (g, x) => {
      const zero = g.constant(float32Tensor([], Float32Array.of(0)));
      return conv({ auto_pad: 'VALID' })(g, padded(g, x, [0, 0, 1, 1, 0, 0, 1, 1], [zero]));
    },
    [1, 1, 1, 1],
  ],
  'a MaxPool behind the least of values': [
    (g, x) => {
      const least = g.constant(float32Tensor([], Float32Array.of(Number.NEGATIVE_INFINITY)));
      return maxPool({ pads: [0, 0, 1, 0] })(g, padded(g, x, [0, 0, 0, 1, 0, 0, 1, 1], [least]));
    },
    [0, 1, 2, 1],
  ],
};

for (const [name, [block, pads]] of Object.entries(blocks)) {
  test(`${name} gets its padding in numbers and computes the same bits`, async (t) => {
    const g = graphBuilder();
    const graph = inferShapes(g.build([block(g, g.input('x', [1, 3, 8, 7]))]));
    const explicit = explicitPads(graph);
    t.is(explicit.nodes.length, 1);
    const { attributes } = explicit.nodes[0]!;
    t.deepEqual(attributes.get('pads')?.value, pads.map(BigInt));
    t.false(attributes.has('auto_pad') || attributes.has('ceil_mode'));
    const feeds = randomFeeds(graph);
    t.deepEqual(await runOnce(explicit, feeds), await runOnce(graph, feeds));
  });
}

test('a Pad of ones, of channels, by reflection, that cuts or before a pool stays, and so do numbers', (t) => {
  const around = [0, 0, 1, 1, 0, 0, 1, 1];
  const plain = conv({});
  const graphs = (
    [
      (g, x) => plain(g, padded(g, x, around, [g.constant(float32Tensor([], Float32Array.of(1)))])),
      (g, x) =>
        plain(g, padded(g, g.node('Slice', [x, g.ints(0), g.ints(2), g.ints(1)]), [0, 1, 0, 0, 0, 0, 0, 0])),
      (g, x) => plain(g, g.node('Pad', [x, g.ints(...around)], { attributes: { mode: 'reflect' } })),
      (g, x) => plain(g, padded(g, x, [0, 0, -1, 0, 0, 0, 0, 0])),
      (g, x) => maxPool({})(g, padded(g, x, around)),
      conv({ pads: [1, 1, 1, 1] }),
    ] satisfies Block[]
  ).map((block) => {
    const g = graphBuilder();
    return inferShapes(g.build([block(g, g.input('x', [1, 3, 8, 7]))]));
  });
  for (const graph of graphs) t.is(explicitPads(graph), graph);
});
