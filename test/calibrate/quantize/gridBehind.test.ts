import test from 'ava';
import { inAllChannels } from '../../../calibrate/quantize/activation.js';
import { chooseActivationGrids } from '../../../calibrate/quantize/activationGrid.js';
import { chooseGridBehind } from '../../../calibrate/quantize/gridBehind.js';
import { finitePCount, indexOfP, pValues } from '../../../calibrate/quantize/lpMetric.js';
import { fakeQuantize, type QuantParams } from '../../../runtime/quantParams.js';
import { distributionOf, gaussian, laplacian } from '../../helpers/distributions.js';

const leakyRelu = (x: number) => (x < 0 ? 0.1 * x : x);

const samples = {
  'a LeakyReLU': { values: gaussian(4000, 3).map((x) => x + 1), of: leakyRelu },
  'a LeakyReLU of a heavy tail': { values: laplacian(4000, 4), of: leakyRelu },
};

for (const [name, { values, of }] of Object.entries(samples)) {
  for (const bits of [4, 8]) {
    const activation = inAllChannels(of);
    const distribution = distributionOf(values);
    const grids = chooseActivationGrids(distribution, bits, { activation });
    const alone = chooseActivationGrids(distributionOf(values.map(of)), bits);
    const behind = grids.map((grid, p) => chooseGridBehind(alone[p]!, { grid, distribution, activation }, p));

    /** Mean |f(x) - f(x^)^|^p over the values themselves. */
    const distance = (grid: QuantParams, p: number) =>
      values.reduce((sum, x) => {
        const error = of(x) - fakeQuantize(of(fakeQuantize(x, grids[p]!)), grid);
        return sum + Math.abs(error) ** pValues[p]!;
      }, 0) / values.length;

    test(`behind ${name} two roundings of ${bits} bits do no more than on the grid chosen alone`, (t) => {
      for (let p = 0; p < finitePCount; p++) {
        const ratio = distance(behind[p]!, p) / distance(alone[p]!, p);
        // The bound on a choice by histogram (detptq.md 2).
        t.true(ratio <= 1.05, `p = ${pValues[p]}: ${ratio}`);
      }
      t.deepEqual(behind.at(-1), alone.at(-1));
    });
  }
}

test('where steps are near each other the step before is taken, and the second rounding does nothing above zero', (t) => {
  const { values, of } = samples['a LeakyReLU'];
  const distribution = distributionOf(values);
  const activation = inAllChannels(of);
  const p = indexOfP(2);
  const [before] = chooseActivationGrids(distribution, 8, { activation, ps: [p] });
  const [alone] = chooseActivationGrids(distributionOf(values.map(of)), 8, { ps: [p] });
  const behind = chooseGridBehind(alone!, { grid: before!, distribution, activation }, p);
  t.is(behind.scale, before!.scale);
  for (let code = before!.zeroPoint; code <= before!.qmax; code++) {
    const value = before!.scale * (code - before!.zeroPoint);
    if (value <= behind.scale * (behind.qmax - behind.zeroPoint)) t.is(fakeQuantize(value, behind), value);
  }
});
