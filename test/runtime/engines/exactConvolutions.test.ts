import test from 'ava';
import { exactConvolutions } from '../../../runtime/engines/exactConvolutions.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { inferShapes } from '../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { randomFeeds } from '../../helpers/graphs.js';
import { type GridSpec, plainGrid, type qdqBuilder, qdqGraph } from '../../helpers/qdqGraphs.js';

type Builder = ReturnType<typeof qdqBuilder>;
const grid = { scale: 0.0163, zeroPoint: 128 };
const spec = { weights: [6, 3, 3, 3], pad: 1 } as const;

/** A convolution whose bias is in codes too, of which a step is `unit` of what it should be. */
function coded(g: Builder, x: string, { unit = 1, weights = g.codedWeights(spec.weights) } = {}): string {
  const bias = Int32Array.of(900, -2000, 0, 31_000, -7, 120);
  const scales = Float32Array.from(weightScales(g), (scale) => Math.fround(grid.scale * scale * unit));
  const reads = [
    g.constant({ dtype: 'int32', dims: [6], data: bias }),
    g.constant(float32Tensor([6], scales)),
  ];
  const dequantized = g.node('DequantizeLinear', reads, { attributes: { axis: 0 } });
  return g.node('Conv', [x, weights, dequantized], { attributes: { pads: [1, 1, 1, 1] } });
}

/** Of the weights that a builder made last. */
function weightScales(g: Builder): Float32Array {
  const { initializers } = g.buildRaw([]);
  const scales = [...initializers.values()].filter(({ dtype, dims }) => dtype === 'float32' && dims[0] === 6);
  return scales.at(-1)!.data as Float32Array;
}

const onGrid = (g: Builder, x: string, to: GridSpec = plainGrid) => g.onGrid(x, to);
const rewritten = (graph: Graph) => exactConvolutions(inferShapes(graph));
const convInputs = (graph: Graph) => graph.nodes.find(({ opType }) => opType === 'Conv')!.inputs;

/** Whether the convolution reads whole numbers. */
async function isExact(graph: Graph): Promise<boolean> {
  const [steps] = convInputs(rewritten(graph));
  return steps !== convInputs(graph)[0];
}

test('a convolution between codes adds whole numbers, and gives the same codes', async (t) => {
  const graph = qdqGraph((g, x) => onGrid(g, coded(g, x)));
  const exact = rewritten(graph);
  const [x, weights, bias] = convInputs(exact);
  const types = new Map(
    exact.nodes.flatMap(({ outputs }) => outputs).map((name) => [name, exact.values.get(name)!]),
  );
  const inner = { ...exact, outputs: [x!, weights!, bias!].map((name) => types.get(name)!) };
  const feeds = randomFeeds(graph);
  for (const { data } of Object.values(await runOnce(inner, feeds)) as Tensor[])
    t.true((data as Float32Array).every(Number.isInteger));
  t.deepEqual(await runOnce(exact, feeds), await runOnce(graph, feeds));
});

test('a Relu that cuts where the codes begin is left to the quantizer', async (t) => {
  const graph = (zeroPoint: number) =>
    qdqGraph((g, x) => onGrid(g, g.relu(coded(g, x)), { ...plainGrid, zeroPoint }));
  t.true(await isExact(graph(0)));
  t.false(await isExact(graph(3)));
  const feeds = randomFeeds(graph(0));
  t.deepEqual(await runOnce(rewritten(graph(0)), feeds), await runOnce(graph(0), feeds));
});

test('what is read elsewhere, or is on no grid, stays as it is', async (t) => {
  t.false(await isExact(qdqGraph((g, x) => coded(g, x))));
  const readTwice = qdqGraph((g, x) => {
    const made = coded(g, x);
    return [onGrid(g, made), g.relu(made)];
  });
  t.false(await isExact(readTwice));
});

test('a bias in other units than the products, or in float, keeps a convolution in float', async (t) => {
  t.true(await isExact(qdqGraph((g, x) => onGrid(g, coded(g, x)))));
  t.false(await isExact(qdqGraph((g, x) => onGrid(g, coded(g, x, { unit: 1.01 })))));
  t.false(await isExact(qdqGraph((g, x) => g.convOnGrid(x, spec))));
});

test('codes that several convolutions read are taken from their zero point once', (t) => {
  const graph = rewritten(qdqGraph((g, x) => [onGrid(g, coded(g, x)), onGrid(g, coded(g, x))]));
  const convolutions = graph.nodes.filter(({ opType }) => opType === 'Conv');
  t.is(convolutions.length, 2);
  t.is(convolutions[0]!.inputs[0], convolutions[1]!.inputs[0]);
});
