import test from 'ava';
import {
  type LeakyReluOnGrids,
  leakyReluRoundings,
  slopeOnGrids,
} from '../../../calibrate/quantize/leakyReluRoundings.js';
import type { Engine } from '../../../runtime/engines/engine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { clamp, type QuantParams } from '../../../runtime/quantParams.js';
import { enginesUnderTest } from '../../helpers/engines.js';
import { graphBuilder } from '../../helpers/graphs.js';
import { seededRandom } from '../../helpers/random.js';

const engines = await enginesUnderTest();
const codes = Array.from({ length: 256 }, (_, code) => code);

test('a slope on grids is a whole number of 256ths below zero, as near as that can be', (t) => {
  for (const leakyRelu of randomCases()) {
    const above = Math.round((256 * leakyRelu.input.scale) / leakyRelu.output.scale);
    const below = slopeOnGrids(leakyRelu) * above;
    t.true(Math.abs(below - Math.round(below)) < 1e-4);
    t.true(Math.abs(below - leakyRelu.slope * above) <= 0.5001);
  }
});

for (const [name, rounding] of [
  ['onnxruntime', 'dequantized'],
  ['litert', 'wholeParts'],
] as const) {
  const { engine, available, ...found } = engines.find(({ engine }) => engine.name === name)!;
  const engineTest = available ? test : test.skip;
  engineTest(`${found.name} makes of every code what is said`, async (t) => {
    for (const leakyRelu of randomCases()) {
      const round = leakyReluRoundings[rounding](leakyRelu);
      const { input, output } = leakyRelu;
      const expected = codes.map((code) => clamp(round(code - input.zeroPoint) + output.zeroPoint, 0, 255));
      t.deepEqual(await codesBehind(engine, leakyRelu), expected);
    }
  });
}

function randomCases(): LeakyReluOnGrids[] {
  const random = seededRandom(3);
  return Array.from({ length: 12 }, (_, index) => {
    const scale = Math.fround(0.01 + random() * 0.1);
    const grid = (factor: number): QuantParams => ({
      ...{ scale: Math.fround(scale * factor), zeroPoint: 20 + Math.floor(random() * 150) },
      ...{ qmin: 0, qmax: 255 },
    });
    const slope = [0.1, 0.01, 0.2][index % 3]!;
    return { slope, input: grid(1), output: grid([1, 0.5, 0.3 + random() * 2][Math.floor(index / 4)]!) };
  });
}

/** Returns the codes that an engine makes of all codes, between two convolutions that leave values as they are. */
async function codesBehind(engine: Engine, leakyRelu: LeakyReluOnGrids): Promise<number[]> {
  const { input, output } = leakyRelu;
  const session = await engine.load(identities(leakyRelu), engine.name === 'litert' ? { lowering: {} } : {});
  try {
    const values = Float32Array.from(codes, (code) => (code - input.zeroPoint) * input.scale);
    const made = await session.run({ x: float32Tensor([1, 1, 16, 16], values) });
    const data = Object.values(made)[0]!.data as Float32Array;
    return Array.from(data, (value) => Math.round(value / output.scale) + output.zeroPoint);
  } finally {
    await session.dispose();
  }
}

function identities(leakyRelu: LeakyReluOnGrids): Graph {
  const g = graphBuilder({ opset: 14 });
  const floats = (dims: readonly number[], value: number) =>
    g.constant(float32Tensor(dims, Float32Array.of(value)));
  const onGrid = (x: string, { scale, zeroPoint }: QuantParams): string => {
    const zero = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(zeroPoint) });
    const grid = [floats([], scale), zero];
    return g.node('DequantizeLinear', [g.node('QuantizeLinear', [x, ...grid]), ...grid]);
  };
  const conv = (x: string): string => {
    const weight = g.constant({ dtype: 'int8', dims: [1, 1, 1, 1], data: Int8Array.of(64) });
    const zero = g.constant({ dtype: 'int8', dims: [1], data: new Int8Array(1) });
    const dequantized = g.node('DequantizeLinear', [weight, floats([1], 1 / 64), zero], {
      attributes: { axis: 0 },
    });
    return g.node('Conv', [x, dequantized]);
  };
  const alpha = { type: 'float', value: slopeOnGrids(leakyRelu) } as const;
  const made = onGrid(conv(onGrid(g.input('x', [1, 1, 16, 16]), leakyRelu.input)), leakyRelu.input);
  return g.build([conv(onGrid(g.node('LeakyRelu', [made], { attributes: { alpha } }), leakyRelu.output))]);
}
