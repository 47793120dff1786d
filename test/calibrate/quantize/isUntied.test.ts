import test from 'ava';
import { isUntied } from '../../../calibrate/quantize/isUntied.js';
import { leakyReluRoundings } from '../../../calibrate/quantize/leakyReluRoundings.js';
import { clamp, type QuantParams } from '../../../runtime/quantParams.js';
import { seededRandom } from '../../helpers/random.js';

test('a LeakyReLU has no ties exactly where all roundings make the same of every code', (t) => {
  const found = { true: 0, false: 0 };
  for (let seed = 1; seed <= 2000; seed++) {
    const [slope, input, output] = randomLeakyRelu(seed);
    const leakyRelu = { kind: 'leakyRelu', slope, operands: [0], result: 1 } as const;
    const answer = isUntied(leakyRelu, (id) => [input, output][id]!);
    t.is(answer, agreeOnAllCodes(slope, input, output), `seed ${seed}`);
    found[`${answer}`]++;
  }
  t.true(found.true > 100 && found.false > 100, JSON.stringify(found));
});

/** Steps in whole 256ths of each other, mostly, or some millionths beside: else hardly any have no ties. */
function randomLeakyRelu(seed: number): [number, QuantParams, QuantParams] {
  const random = seededRandom(seed);
  const scale = Math.fround(0.01 + random());
  const parts = 1 + Math.floor(random() * 400);
  const aside = seed % 3 === 0 ? random() : 1 + Math.floor(random() * 100) * 2 ** -20;
  const grid = (of: number): QuantParams => ({
    ...{ scale: Math.fround(of), zeroPoint: Math.floor(random() * 256) },
    ...{ qmin: 0, qmax: 255 },
  });
  const slope = [0.1, 0.01, 0.2, 0.25, -0.1, 1.5][Math.floor(random() * 6)]!;
  return [slope, grid(scale * (parts / 256) * aside), grid(scale)];
}

function agreeOnAllCodes(slope: number, input: QuantParams, output: QuantParams): boolean {
  const roundings = Object.values(leakyReluRoundings).map((of) => of({ slope, input, output }));
  for (let code = input.qmin; code <= input.qmax; code++) {
    const made = roundings.map((round) =>
      clamp(round(code - input.zeroPoint), output.qmin - output.zeroPoint, output.qmax - output.zeroPoint),
    );
    if (new Set(made).size > 1) return false;
  }
  return true;
}
