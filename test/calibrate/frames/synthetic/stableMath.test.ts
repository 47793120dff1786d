import test from 'ava';
import { valueNoise } from '../../../../calibrate/frames/synthetic/maths/noise.js';
import {
  cosineOfTurns,
  diamondAngle,
  distanceToWhole,
  sineOfTurns,
  smoothstep,
} from '../../../../calibrate/frames/synthetic/maths/stableMath.js';
import { prepareTableNoise, tableNoise } from '../../../../calibrate/frames/synthetic/maths/tableNoise.js';

test('sine and cosine of turns are those of the angle, within 1e-7', (t) => {
  for (let turns = -2; turns <= 2; turns += 1 / 128) {
    t.true(Math.abs(sineOfTurns(turns) - Math.sin(2 * Math.PI * turns)) < 1e-7, String(turns));
    t.true(Math.abs(cosineOfTurns(turns) - Math.cos(2 * Math.PI * turns)) < 1e-7, String(turns));
  }
});

test('the diamond angle grows around the circle and is exact at its eighths', (t) => {
  const around = Array.from({ length: 64 }, (_, step) =>
    diamondAngle(cosineOfTurns(step / 64), sineOfTurns(step / 64)),
  );
  for (let step = 1; step < 64; step++) t.true(around[step]! > around[step - 1]!);
  for (let step = 0; step < 64; step += 8) t.true(Math.abs(around[step]! - step / 64) < 1e-6);
  t.is(diamondAngle(0, 0), 0);
});

test('steps are smooth, and distances to whole numbers are at most a half', (t) => {
  t.deepEqual(
    [-1, 2, 3, 4, 9].map((value) => smoothstep(2, 4, value)),
    [0, 0, 0.5, 1, 1],
  );
  t.deepEqual([0, 0.25, 0.5, 0.75, -0.25, 7].map(distanceToWhole), [0, 0.25, 0.5, 0.25, 0.25, 0]);
});

test('noise lies in 0..1, is continuous, and another seed gives another', (t) => {
  prepareTableNoise();
  for (const noise of [valueNoise, tableNoise]) {
    const values = Array.from({ length: 500 }, (_, step) => noise(step / 50 - 3, step / 91 - 2, 4));
    t.true(values.every((value) => value >= 0 && value <= 1));
    for (let step = 1; step < values.length; step++)
      t.true(Math.abs(values[step]! - values[step - 1]!) < 0.12);
    t.true(Math.max(...values) - Math.min(...values) > 0.5);
    t.not(noise(1.5, 2.5, 4), noise(1.5, 2.5, 5));
  }
});
