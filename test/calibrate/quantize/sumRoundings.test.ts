import test from 'ava';
import { sumRoundings } from '../../../calibrate/quantize/sumRoundings.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { clamp, type QuantParams } from '../../../runtime/quantParams.js';
import { graphBuilder } from '../../helpers/graphs.js';
import { seededRandom } from '../../helpers/random.js';

const kernels = ['fusedMultiplyAdd', 'separateMultiplyAdd', 'fixedPoint22'] as const;
const dims = [1, 1, 256, 256];
const pairs = {
  a: Uint8Array.from({ length: 65536 }, (_, index) => index & 255),
  b: Uint8Array.from({ length: 65536 }, (_, index) => index >> 8),
};

for (const [title, optimization, formulas] of [
  ['unfused', 'none', ['dequantized']],
  ['fused, by one kernel or another', undefined, kernels],
] as const) {
  test(`onnxruntime adds all pairs of codes as it says, ${title}`, async (t) => {
    /** How many pairs each formula has wrong. */
    const wrong = new Map<keyof typeof sumRoundings, number>(formulas.map((formula) => [formula, 0]));
    for (let seed = 1; seed <= 40; seed++) {
      const grids = randomGrids(seed);
      const got = await addedCodes(grids, optimization);
      for (const formula of formulas) {
        const round = sumRoundings[formula](grids);
        const { a, b, sum } = grids;
        const count = got.reduce((mistakes, code, index) => {
          const steps = round(pairs.a[index]! - a.zeroPoint, pairs.b[index]! - b.zeroPoint);
          return mistakes + Number(clamp(steps + sum.zeroPoint, 0, 255) !== code);
        }, 0);
        wrong.set(formula, wrong.get(formula)! + count);
      }
    }
    t.true([...wrong.values()].includes(0), JSON.stringify([...wrong]));
  });
}

function randomGrids(seed: number): Record<'a' | 'b' | 'sum', QuantParams> {
  const random = seededRandom(seed);
  const grid = (scale: number) => ({
    ...{ scale: Math.fround(scale), zeroPoint: Math.floor(random() * 256) },
    ...{ qmin: 0, qmax: 255 },
  });
  const [a, b] = [grid(0.01 + random() * 0.1), grid(0.01 + random() * 0.1)];
  return { a, b, sum: grid((a.scale + b.scale) * (0.5 + random() * 0.5)) };
}

async function addedCodes(
  grids: Record<'a' | 'b' | 'sum', QuantParams>,
  optimization: 'none' | undefined,
): Promise<Uint8Array> {
  const g = graphBuilder();
  const gridOf = ({ scale, zeroPoint }: QuantParams) => [
    g.constant(float32Tensor([], Float32Array.of(scale))),
    g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(zeroPoint) }),
  ];
  const term = (name: 'a' | 'b') =>
    g.node('DequantizeLinear', [g.input(name, dims, 'uint8'), ...gridOf(grids[name])]);
  const sum = g.node('Add', [term('a'), term('b')]);
  const codes = g.node('QuantizeLinear', [sum, ...gridOf(grids.sum)]);
  const graph: Graph = g.build([codes]);
  const session = await onnxruntimeEngine.load(graph, optimization === undefined ? {} : { optimization });
  try {
    const feed = (name: 'a' | 'b') => ({ dtype: 'uint8', dims, data: pairs[name] }) as const;
    return (await session.run({ a: feed('a'), b: feed('b') }))[codes]!.data as Uint8Array;
  } finally {
    await session.dispose();
  }
}
