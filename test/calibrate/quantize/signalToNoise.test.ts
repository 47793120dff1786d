import test from 'ava';
import { inAllChannels } from '../../../calibrate/quantize/activation.js';
import { decibels, powersBehind } from '../../../calibrate/quantize/signalToNoise.js';
import { affineParams } from '../../../runtime/quantParams.js';
import { distributionOf, gaussian } from '../../helpers/distributions.js';

const signalToNoiseDb = (...args: Parameters<typeof powersBehind>) => {
  const { signal, noise } = powersBehind(...args);
  return decibels(signal, noise);
};

test('every bit less costs a Gaussian 6 dB, as a grid of that many steps over its range should', (t) => {
  const values = distributionOf(gaussian(20_000, 1));
  const ratios = [8, 7, 6, 5].map((bits) => signalToNoiseDb(values, affineParams(-5, 5, bits)));
  // Signal 1, noise step^2 / 12.
  const expected = 10 * Math.log10(12 / (10 / 255) ** 2);
  t.true(Math.abs(ratios[0]! - expected) < 0.3, String(ratios[0]));
  for (const [i, ratio] of ratios.slice(1).entries())
    t.true(Math.abs(ratios[i]! - ratio - 6.02) < 0.3, String(ratios));
});

test('the ratio is taken behind the activation: what it drops is neither signal nor noise', (t) => {
  const values = { centers: Float64Array.of(-3.1, 2), weights: Float64Array.of(0.5, 0.5), min: -3.1, max: 2 };
  const grid = { scale: 1, zeroPoint: 3, qmin: 0, qmax: 7 };
  t.true(Math.abs(signalToNoiseDb(values, grid) - 10 * Math.log10((3.1 ** 2 + 4) / 0.01)) < 1e-9);
  t.is(
    signalToNoiseDb(
      values,
      grid,
      inAllChannels((x) => Math.max(0, x)),
    ),
    Number.POSITIVE_INFINITY,
  );
});

test('a tensor without values other than zero has neither signal nor noise', (t) => {
  const none = { centers: new Float64Array(), weights: new Float64Array(), min: 0, max: 0 };
  t.deepEqual(powersBehind(none, affineParams(0, 0, 8)), { signal: 0, noise: 0 });
  t.deepEqual([decibels(0, 0), decibels(1, 0), decibels(0, 1)], [0, Infinity, -Infinity]);
});
