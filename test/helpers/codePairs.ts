import type { PairGrids, PairRounding } from '../../calibrate/quantize/pairRounding.js';
import type { Engine, LoadOptions } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { float32Tensor } from '../../runtime/graph/tensor.js';
import { clamp, type QuantParams } from '../../runtime/quantParams.js';
import { qdqBuilder } from './qdqGraphs.js';
import { seededRandom } from './random.js';

const codeCount = 256;
const pairCount = codeCount ** 2;
const codeOfA = (pair: number) => pair % codeCount;
const codeOfB = (pair: number) => Math.floor(pair / codeCount);

/** Returns 8-bit grids of which that of the result has `scaleOf` those of `a` and `b`, times a factor in [0.5, 1). */
export function randomPairGrids(seed: number, scaleOf: (a: number, b: number) => number): PairGrids {
  const random = seededRandom(seed);
  const grid = (scale: number) => ({
    ...{ scale: Math.fround(scale), zeroPoint: Math.floor(random() * codeCount) },
    ...{ qmin: 0, qmax: codeCount - 1 },
  });
  const [a, b] = [grid(0.01 + random() * 0.1), grid(0.01 + random() * 0.1)];
  return { a, b, result: grid(scaleOf(a.scale, b.scale) * (0.5 + random() * 0.5)) };
}

/** Returns how many of all pairs of codes `round` has other than `codes`, which are those of `codesOfPairs`. */
export function mistakes(round: PairRounding, { a, b, result }: PairGrids, codes: Uint8Array): number {
  let count = 0;
  for (const [pair, code] of codes.entries()) {
    const steps = round(codeOfA(pair) - a.zeroPoint, codeOfB(pair) - b.zeroPoint);
    if (clamp(steps + result.zeroPoint, result.qmin, result.qmax) !== code) count++;
  }
  return count;
}

/** Returns what an engine makes of all pairs of codes. */
export async function codesOfPairs(
  { engine, ...options }: LoadOptions & { readonly engine: Engine },
  opType: 'Add' | 'Mul',
  grids: PairGrids,
): Promise<Uint8Array> {
  const image = Float32Array.from({ length: 2 * pairCount }, (_, index) =>
    index < pairCount ? codeOfA(index) : codeOfB(index - pairCount),
  );
  const { scale, zeroPoint } = grids.result;
  const session = await engine.load(graphOfPairs(opType, grids), options);
  try {
    const made = await session.run({ x: float32Tensor([1, 2, codeCount, codeCount], image) });
    const values = Object.values(made)[0]!.data as Float32Array;
    return Uint8Array.from(values, (value) => Math.round(value / scale) + zeroPoint);
  } finally {
    await session.dispose();
  }
}

/** An image of codes, of whose channels convolutions make the operands, code by code; the result is convolved into float as it is. */
function graphOfPairs(opType: 'Add' | 'Mul', { a, b, result }: PairGrids): Graph {
  const g = qdqBuilder({ opset: 14 });
  const conv = (x: string, codes: readonly number[], { scale, bias }: { scale: number; bias: number }) => {
    const inputScale = x === image ? 1 : result.scale;
    const ofFilter = { attributes: { axis: 0 } };
    const weight = g.node(
      'DequantizeLinear',
      [
        g.constant({ dtype: 'int8', dims: [1, codes.length, 1, 1], data: Int8Array.from(codes) }),
        g.constant(float32Tensor([1], Float32Array.of(scale))),
        g.constant({ dtype: 'int8', dims: [1], data: new Int8Array(1) }),
      ],
      ofFilter,
    );
    const biasScale = g.constant(float32Tensor([1], Float32Array.of(inputScale * scale)));
    const biasCodes = g.constant({ dtype: 'int32', dims: [1], data: Int32Array.of(bias) });
    return g.node('Conv', [x, weight, g.node('DequantizeLinear', [biasCodes, biasScale], ofFilter)]);
  };
  const image = g.onGrid(g.input('x', [1, 2, codeCount, codeCount]), { scale: 1, zeroPoint: 0 });
  const operand = (channel: number, grid: QuantParams) => {
    const channels = [0, 1].map((one) => Number(one === channel));
    return g.onGrid(conv(image, channels, { scale: grid.scale, bias: -grid.zeroPoint }), grid);
  };
  const pair = g.onGrid(g.node(opType, [operand(0, a), operand(1, b)]), result);
  return g.build([conv(pair, [64], { scale: 1 / 64, bias: 0 })]);
}
