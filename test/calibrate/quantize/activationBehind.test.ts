import test from 'ava';
import { activationBehind } from '../../../calibrate/quantize/activationBehind.js';
import { consumers, producers } from '../../../runtime/graph/graph.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

const scalar = (g: Builder, value: number) =>
  g.constant({ dtype: 'float32', dims: [], data: Float32Array.of(value) });

const activations: Record<string, (g: Builder, x: string) => string> = {
  LeakyReLU: (g, x) => g.node('LeakyRelu', [x], { attributes: { alpha: 0.2 } }),
  'PReLU of one slope': (g, x) => g.node('PRelu', [x, scalar(g, 0.3)]),
  SiLU: (g, x) => g.node('Mul', [x, g.node('Sigmoid', [x])]),
  'a hard swish': (g, x) => g.node('Mul', [g.node('HardSigmoid', [x], { attributes: { alpha: 1 / 6 } }), x]),
  'SiLU whose gate sees its input unscaled': (g, x) =>
    g.node('Mul', [x, g.node('Sigmoid', [g.node('Mul', [x, scalar(g, 2)])])]),
  'a gate alone': (g, x) => g.node('Sigmoid', [x]),
  'a gate of the default slope': (g, x) => g.node('Mul', [g.node('HardSigmoid', [x]), x]),
};

for (const [name, build] of Object.entries(activations)) {
  test(`${name} is recognised and computes what the engine computes`, async (t) => {
    const g = graphBuilder();
    const input = g.input('x', [1, 64]);
    // Beyond the corners of the hard gates.
    const x = g.node('Mul', [input, scalar(g, 5)]);
    const y = build(g, x);
    const graph = g.buildRaw([x, y].map((output) => ({ name: output, dtype: 'float32', dims: [1, 64] })));
    const readers = consumers(graph);
    const activation = activationBehind(readers.get(x)!, { ...graph, readers, makers: producers(graph) });
    const outputs = await runOnce(graph, randomFeeds(graph));
    for (const [i, value] of (outputs[y]!.data as Float32Array).entries())
      t.true(Math.abs(activation!.functions[0]!.of(outputs[x]!.data[i] as number) - value) < 1e-5);
  });
}

test('anything else is none: no reader, a third one, a gate of something else beside it, another operator', (t) => {
  const g = graphBuilder();
  const [x, other] = [g.input('x', [1, 4]), g.input('other', [1, 4])];
  const gate = g.node('Sigmoid', [x]);
  const gated = g.node('Mul', [other, gate]);
  const square = g.node('Mul', [x, x]);
  const doubled = g.node('Mul', [x, scalar(g, 2)]);
  const doubledGate = g.node('Sigmoid', [doubled]);
  const doubledGated = g.node('Mul', [other, doubledGate]);
  const graph = g.buildRaw([]);
  const nodes = new Map(graph.nodes.map((node) => [node.outputs[0]!, node]));
  const behind = (...outputs: readonly string[]) =>
    activationBehind(
      outputs.map((output) => nodes.get(output)!),
      { ...graph, readers: consumers(graph), makers: producers(graph) },
    );
  t.is(behind(), undefined);
  t.is(behind(square), undefined);
  t.is(behind(gate, square), undefined);
  t.is(behind(doubled, square), undefined);
  t.is(behind(square, doubledGated), undefined);
  t.is(behind(gate, gated, square), undefined);
});

test('where a gate sees its input multiplied by channel, every factor has a function, and its channels', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 1, 1]);
  const factors = g.constant({ dtype: 'float32', dims: [1, 3, 1, 1], data: Float32Array.of(8, 0.5, 8) });
  g.node('Mul', [x, g.node('Sigmoid', [g.node('Mul', [x, factors])])]);
  const graph = g.buildRaw([]);
  const readers = consumers(graph);
  const activation = activationBehind(readers.get(x)!, { ...graph, readers, makers: producers(graph) });
  const [first, second] = activation!.functions;
  t.deepEqual([first!.channels, second!.channels], [[0, 2], [1]]);
  t.true(Math.abs(first!.of(-0.7) + 0.7 / (1 + Math.exp(8 * 0.7))) < 1e-6);
  t.true(Math.abs(second!.of(-0.7) + 0.7 / (1 + Math.exp(0.5 * 0.7))) < 1e-6);
});

test('every slope of a PReLU has a function, and its channels; slopes that are computed are unknown', (t) => {
  const g = graphBuilder();
  const [x, y] = [g.input('x', [1, 4, 1, 1]), g.input('y', [1, 4, 1, 1])];
  const slopes = Float32Array.of(0.25, 0.5, 0.5, 0.5);
  g.node('PRelu', [x, g.constant({ dtype: 'float32', dims: [4, 1, 1], data: slopes })]);
  g.node('PRelu', [y, g.node('Abs', [x])]);
  const graph = g.buildRaw([]);
  const surroundings = { ...graph, readers: consumers(graph), makers: producers(graph) };
  const behind = (tensor: string) =>
    activationBehind(
      surroundings.readers.get(tensor)!.filter(({ opType }) => opType === 'PRelu'),
      surroundings,
    );
  const { functions, keepsPositive } = behind(x)!;
  t.deepEqual(
    functions.map(({ of, channels }) => [of(-2), of(3), channels]),
    [
      [-0.5, 3, [0]],
      [-1, 3, [1, 2, 3]],
    ],
  );
  t.true(keepsPositive);
  t.is(behind(y), undefined);
});

test('errors of a gate that sees what it gates multiplied by channel count as far as there is something to gate', (t) => {
  const g = graphBuilder();
  const [x, other] = [g.input('x', [1, 2, 1, 1]), g.input('other', [1, 2, 1, 1])];
  const factors = g.constant({ dtype: 'float32', dims: [1, 2, 1, 1], data: Float32Array.of(0.5, 8) });
  const scaled = [0, 1].map(() => g.node('Mul', [x, factors]));
  const gates = scaled.map((tensor) => g.node('Sigmoid', [tensor]));
  g.node('Mul', [x, gates[0]!]);
  g.node('Mul', [other, gates[1]!]);
  const graph = g.buildRaw([]);
  const surroundings = { ...graph, readers: consumers(graph), makers: producers(graph) };
  const [own, foreign] = scaled.map(
    (tensor) => activationBehind(surroundings.readers.get(tensor)!, surroundings)!,
  );
  t.deepEqual([-3, 0, 2].map(own!.weight!), [3, 0, 2]);
  t.is(foreign!.weight, undefined);
});
