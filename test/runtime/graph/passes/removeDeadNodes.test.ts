import { create } from '@bufbuild/protobuf';
import test from 'ava';
import { AttributeProtoSchema } from '../../../../runtime/graph/onnx.pb.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { removeDeadNodes } from '../../../../runtime/graph/passes/removeDeadNodes.js';
import { graphBuilder } from '../../../helpers/graphs.js';

test('nodes, weights and types that no output depends on go, and inputs stay', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  g.input('unused', [1]);
  const live = g.conv(x, { weights: [4, 3, 1, 1] });
  g.relu(g.conv(live, { weights: [8, 4, 1, 1] }));
  const output = g.relu(live);
  const graph = removeDeadNodes(inferShapes(g.build([output])));
  t.deepEqual(
    graph.nodes.map((node) => node.outputs[0]),
    [live, output],
  );
  t.is(graph.initializers.size, 2);
  t.deepEqual([...graph.values.keys()], [live]);
  t.deepEqual(
    graph.inputs.map(({ name }) => name),
    ['x', 'unused'],
  );
});

test('what a subgraph of a live node takes from outside stays', (t) => {
  const g = graphBuilder();
  const captured = g.relu(g.input('x', [1]));
  const branch = create(AttributeProtoSchema, {
    name: 'then_branch',
    g: { node: [{ opType: 'Neg', input: [captured], output: ['inner'] }], output: [{ name: 'inner' }] },
  });
  const output = g.node('If', [g.input('condition', [], 'bool')], {
    attributes: { then_branch: { type: 'opaque', value: branch } },
  });
  const graph = g.buildRaw([{ name: output, dtype: 'float32', dims: [1] }]);
  t.deepEqual(removeDeadNodes(graph).nodes, graph.nodes);
});
