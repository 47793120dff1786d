import test, { type ExecutionContext } from 'ava';
import { growForPooling } from '../../../../runtime/engines/litert/integer/growForPooling.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import type { IntegerGraph } from '../../../../runtime/lowering/integerGraph.js';
import { lowerQdq } from '../../../../runtime/lowering/lowerQdq.js';
import { randomFeeds } from '../../../helpers/graphs.js';
import { referenceOutputs } from '../../../helpers/loweredRuns.js';
import { plainGrid, type qdqBuilder, qdqGraph } from '../../../helpers/qdqGraphs.js';

type Builder = ReturnType<typeof qdqBuilder>;

function integers(graph: Graph): IntegerGraph {
  const { graph: lowered } = lowerQdq(graph);
  if (lowered === undefined) throw new Error('expected a graph that can be lowered');
  return lowered;
}

function pooled(g: Builder, x: string, pads: readonly number[]): string {
  const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [...pads] };
  return g.onGrid(g.node('MaxPool', [x], { attributes }), plainGrid);
}

/** Returns how large the convolution's output is, before and after. */
function sizes(graph: IntegerGraph, grown: IntegerGraph) {
  const { output } = graph.operations.find(({ kind }) => kind === 'convolution')!;
  return [graph, grown].map(({ tensors }) => tensors.get(output)!.shape.slice(1, 3));
}

function assertSameOutputs(t: ExecutionContext, graph: Graph, sizesExpected: readonly number[][]): void {
  const before = integers(graph);
  const grown = growForPooling(before);
  t.deepEqual(sizes(before, grown), sizesExpected);
  const feeds = randomFeeds(graph);
  t.deepEqual(referenceOutputs(grown, feeds), referenceOutputs(before, feeds));
}

test('what a pooling padded at the start reads grows by a row and a column that none of its windows sees', (t) => {
  const graph = qdqGraph(
    (g, x) => pooled(g, g.convOnGrid(x, { weights: [4, 3, 3, 3], stride: 2, pad: 1 }), [1, 1, 1, 1]),
    { dims: [1, 3, 16, 20] },
  );
  assertSameOutputs(t, graph, [
    [8, 10],
    [9, 11],
  ]);
});

test('what a pooling reads whose windows .tflite can state, or what others read too, stays as it is', (t) => {
  const stated = qdqGraph((g, x) => pooled(g, g.convOnGrid(x, { weights: [4, 3, 1, 1] }), [0, 0, 1, 1]));
  assertSameOutputs(t, stated, [
    [8, 8],
    [8, 8],
  ]);
  const shared = qdqGraph((g, x) => {
    const made = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
    return [pooled(g, made, [1, 1, 1, 1]), g.convOnGrid(made, { weights: [2, 4, 1, 1] })];
  });
  assertSameOutputs(t, shared, [
    [8, 8],
    [8, 8],
  ]);
});
