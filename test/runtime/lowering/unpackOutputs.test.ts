import test from 'ava';
import { inPieces, outputInfos, pieceNames, piecesOf } from '../../../runtime/engines/outputInPieces.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { inferShapes } from '../../../runtime/graph/passes/inferShapes.js';
import { elementCount, float32Tensor } from '../../../runtime/graph/tensor.js';
import { unpackOutputs } from '../../../runtime/lowering/outputs/unpackOutputs.js';
import { relativeDifference, runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

interface Case {
  readonly body: (g: Builder, features: (name: string, channels: number) => string) => readonly string[];
  /** Operators that are left, but for transposes to channels last. */
  readonly left: readonly string[];
  /** Outputs that come in pieces, by their order in `body`, and of how many parts each. */
  readonly parts: readonly number[];
}

const axis = (value: number) => ({ attributes: { axis: value } });
const perm = (...order: number[]) => ({ attributes: { perm: order } });
const sizes = { big: [4, 6], small: [2, 3] } as const;

/** Tails of heads over features `[1, C, 4, 6]` and, where the name begins with "small", `[1, C, 2, 3]`. */
const cases: Readonly<Record<string, Case>> = {
  'packed rows: scores behind a sigmoid beside distances, as NanoDet has them': {
    body: (g, features) => {
      const levels = (['big', 'small'] as const).map((size) => {
        const [scores, distances] = g.nodeWithOutputs('Split', [features(size, 9), g.ints(5, 4)], {
          ...axis(1),
          count: 2,
        });
        const joined = g.node('Concat', [g.node('Sigmoid', [scores!]), distances!], axis(1));
        return g.node('Reshape', [joined, g.ints(1, 9, -1)]);
      });
      return [g.node('Transpose', [g.node('Concat', levels, axis(2))], perm(0, 2, 1))];
    },
    left: [],
    parts: [4],
  },
  'packed columns, boxes computed and scores not, as Ultralytics has them': {
    body: (g, features) => {
      const levels = (['big', 'small'] as const).map((size) => {
        const joined = g.node('Concat', [features(size, 4), features(size, 3)], axis(1));
        return g.node('Reshape', [joined, g.ints(1, 7, -1)]);
      });
      const all = g.node('Concat', levels, axis(2));
      const [boxes, scores] = g.nodeWithOutputs('Split', [all, g.ints(4, 3)], { ...axis(1), count: 2 });
      const computed = g.node('Mul', [boxes!, g.weights(1, 1, 30)]);
      return [g.node('Concat', [computed, g.node('Sigmoid', [scores!])], axis(1))];
    },
    // Boxes are computed as they were.
    left: ['Concat', 'Reshape', 'Concat', 'Reshape', 'Concat', 'Split', 'Mul'],
    parts: [3],
  },
  'anchors in rows of one level': {
    body: (g, features) => {
      const rows = g.node('Transpose', [features('big', 12)], perm(0, 2, 3, 1));
      return [g.node('Reshape', [rows, g.ints(1, -1, 4)])];
    },
    left: [],
    parts: [1],
  },
  'anchors in front of the pixels, which are no box of the map': {
    body: (g, features) => {
      const split = g.node('Reshape', [features('big', 12), g.ints(1, 3, 4, 4, 6)]);
      const moved = g.node('Transpose', [split], perm(0, 1, 3, 4, 2));
      return [g.node('Sigmoid', [g.node('Reshape', [moved, g.ints(1, -1, 4)])])];
    },
    left: ['Reshape', 'Reshape', 'Sigmoid'],
    parts: [0],
  },
  'axes from the back, splits in equal parts, axes of one element put in and taken out': {
    body: (g, features) => {
      const [left, right] = g.nodeWithOutputs('Split', [features('big', 6)], { ...axis(-3), count: 2 });
      const flat = [left!, right!].map((part) =>
        g.node('Unsqueeze', [g.node('Reshape', [part, g.ints(1, 3, 24)]), g.ints(-1)]),
      );
      const joined = g.node('Concat', flat, axis(-2));
      return [g.node('Squeeze', [joined, g.ints(0, 3)])];
    },
    left: [],
    parts: [2],
  },
  'an output that leads to all of them, one to few': {
    body: (g, features) => {
      const [all, other] = [features('big', 8), features('small', 8)];
      const few = g.node('Slice', [other, g.ints(0), g.ints(1), g.ints(1)]);
      return [g.node('Transpose', [all], perm(0, 2, 3, 1)), few];
    },
    left: ['Slice'],
    parts: [1, 0],
  },
  'maps as they are': {
    body: (g, features) => [features('big', 3), g.node('Identity', [features('small', 5)])],
    left: [],
    parts: [1, 1],
  },
  'one output of values, one of a part of them': {
    body: (g, features) => {
      const all = features('big', 8);
      return [
        g.node('Transpose', [all], perm(0, 2, 3, 1)),
        g.node('Slice', [all, g.ints(2), g.ints(5), g.ints(1)]),
      ];
    },
    left: [],
    parts: [1, 1],
  },
  'channels and pixels flattened together in the order of ONNX': {
    body: (g, features) => [g.node('Reshape', [features('big', 3), g.ints(1, -1)])],
    left: ['Reshape'],
    parts: [0],
  },
  'a softmax, and what moves it': {
    body: (g, features) => {
      const rows = g.node('Transpose', [features('big', 3)], perm(0, 2, 3, 1));
      const softmax = g.node('Softmax', [g.node('Reshape', [rows, g.ints(1, -1, 3)])], axis(2));
      return [softmax, g.node('Reshape', [softmax, g.ints(1, 72)])];
    },
    left: ['Reshape', 'Softmax', 'Reshape'],
    parts: [0, 0],
  },
  'every other pixel, and a sigmoid of a sigmoid': {
    body: (g, features) => {
      const once = g.node('Sigmoid', [features('big', 2)]);
      const skipped = g.node('Slice', [features('small', 2), g.ints(0), g.ints(100), g.ints(3), g.ints(2)]);
      return [g.node('Sigmoid', [once]), skipped];
    },
    left: ['Sigmoid', 'Slice', 'Sigmoid'],
    parts: [0, 0],
  },
  'pieces that are larger than what is read of them': {
    body: (g, features) => [g.node('Slice', [features('big', 9), g.ints(0), g.ints(1), g.ints(1)])],
    left: ['Slice'],
    parts: [0],
  },
};

function tail({ body }: Case): Graph {
  const g = graphBuilder();
  let serial = 0;
  const features = (size: string, channels: number) =>
    g.input(`${size}${serial++}`, [1, channels, ...sizes[size as keyof typeof sizes]]);
  const outputs = body(g, features);
  return inferShapes(g.build(outputs));
}

const inputsOf = ({ inputs }: Graph) => inputs.map(({ name }) => name);

for (const [name, spec] of Object.entries(cases)) {
  test(`${name}: the pieces joined are the output`, async (t) => {
    const graph = tail(spec);
    const { graph: rest, unpacked } = unpackOutputs(graph, { features: inputsOf(graph) });
    const left = rest.nodes.map(({ opType }) => opType).filter((opType) => opType !== 'Transpose');
    t.deepEqual(left, spec.left);
    t.deepEqual(
      graph.outputs.map((output) => unpacked[output.name]?.parts.length ?? 0),
      spec.parts,
    );
    const feeds = randomFeeds(graph);
    const expected = await runOnce(graph, feeds);
    const outputs = outputInfos(graph, unpacked);
    const names = outputs.map((output) => output.name);
    const pieces = await runOnce(rest, feeds);
    t.deepEqual(Object.keys(pieces).sort(), pieceNames(names, outputs).sort());
    const got = inPieces(names, { outputs, given: pieces });
    for (const output of names) {
      const joined = float32Tensor(got[output]!.dims, got[output]!.data as Float32Array);
      const distance = relativeDifference(expected[output]!, joined);
      t.true(distance < 1e-6, `${output}: ${distance}`);
      t.is(joined.data.length, elementCount(joined.dims));
    }
    t.deepEqual(piecesOf(got), pieces);
  });
}

test('pieces lie with the channels last, and each is given once', (t) => {
  const spec = cases['one output of values, one of a part of them']!;
  const whole = tail(spec);
  const { graph } = unpackOutputs(whole, { features: inputsOf(whole) });
  t.deepEqual(
    graph.outputs.map(({ dims }) => dims),
    [[1, 4, 6, 8]],
  );
});
