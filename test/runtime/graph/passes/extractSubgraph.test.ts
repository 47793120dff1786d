import test from 'ava';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { extractSubgraph } from '../../../../runtime/graph/passes/extractSubgraph.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { tensorTypes } from '../../../../runtime/graph/tensorTypes.js';
import { runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

/** x -> stem -> Split -> left, right -> Concat -> joined; the skip from x is added last. */
function network() {
  const g = graphBuilder();
  const x = g.input('x', [1, 4, 6, 6]);
  const stem = g.relu(g.conv(x, { weights: [4, 4, 3, 3], pad: 1 }));
  const [left, right] = g.nodeWithOutputs('Split', [stem], { count: 2, attributes: { axis: 1 } }) as [
    string,
    string,
  ];
  const joined = g.node('Concat', [g.conv(left, { weights: [2, 2, 1, 1] }), right], {
    attributes: { axis: 1 },
  });
  const output = g.node('Add', [joined, x]);
  return { graph: inferShapes(g.build([output])), x, stem, left, right, joined, output };
}

const namesOf = (ports: Graph['inputs']) => ports.map(({ name }) => name);

/** Runs the whole graph for all its tensors, then the piece on those it reads; returns both forms of its outputs. */
async function compare(whole: Graph, piece: Graph) {
  const types = tensorTypes(whole);
  const names = new Set(namesOf([...piece.inputs, ...piece.outputs, ...whole.inputs]));
  const fed = randomFeeds(whole);
  const produced = [...names].filter((name) => fed[name] === undefined);
  const all = {
    ...(await runOnce({ ...whole, outputs: produced.map((name) => types.get(name)!) }, fed)),
    ...fed,
  };
  // Through the codec, which refuses a piece that is not well formed.
  const readBack = decodeOnnx(encodeOnnx(piece));
  const got = await runOnce(
    readBack,
    Object.fromEntries(namesOf(piece.inputs).map((name) => [name, all[name]!])),
  );
  return { expected: Object.fromEntries(namesOf(piece.outputs).map((name) => [name, all[name]!])), got };
}

test('a suffix computes the outputs from a tensor in the middle and the inputs still needed', async (t) => {
  const { graph, stem, x, output } = network();
  const suffix = extractSubgraph(graph, { from: [stem] });
  t.deepEqual(namesOf(suffix.inputs), [stem, x]);
  t.deepEqual(namesOf(suffix.outputs), [output]);
  t.false(suffix.nodes.some(({ opType }) => opType === 'Relu'));
  t.is(suffix.initializers.size, 2);
  const { expected, got } = await compare(graph, suffix);
  t.deepEqual(got, expected);
});

test('a prefix computes tensors in the middle', async (t) => {
  const { graph, joined, stem, x } = network();
  const prefix = extractSubgraph(graph, { to: [joined, stem] });
  t.deepEqual(namesOf(prefix.inputs), [x]);
  t.deepEqual(
    prefix.outputs.map(({ dims }) => dims),
    [
      [1, 4, 6, 6],
      [1, 4, 6, 6],
    ],
  );
  t.false(prefix.values.has(joined));
  const { expected, got } = await compare(graph, prefix);
  t.deepEqual(got, expected);
});

test('one output of a node may be fed while another is computed', async (t) => {
  const { graph, left, output } = network();
  const piece = extractSubgraph(graph, { from: [left], to: [output] });
  const { expected, got } = await compare(graph, piece);
  t.deepEqual(got, expected);
});

test('a piece from the middle does not hold what lies outside it', async (t) => {
  const { graph, left, right, joined } = network();
  const piece = extractSubgraph(graph, { from: [left, right], to: [joined] });
  t.deepEqual(
    piece.nodes.map(({ opType }) => opType),
    ['Conv', 'Concat'],
  );
  const { expected, got } = await compare(graph, piece);
  t.deepEqual(got, expected);
});

test('a tensor that does not exist, or whose type is unknown, is refused by name', (t) => {
  const { graph, stem } = network();
  t.throws(() => extractSubgraph(graph, { from: ['nowhere'] }), { code: 'not_found', message: /"nowhere"/ });
  t.throws(() => extractSubgraph({ ...graph, values: new Map() }, { from: [stem] }), {
    code: 'shape_mismatch',
    message: /infer shapes first/,
  });
});
