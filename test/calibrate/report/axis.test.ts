import test from 'ava';
import { linearAxis, logAxis } from '../../../calibrate/report/axis.js';

test('a linear axis spans its figures and has round ticks inside', (t) => {
  const { ticks, place } = linearAxis([0.712, 0.887]);
  t.deepEqual(ticks, [0.75, 0.8, 0.85]);
  t.true(place(0.712) > 0 && place(0.887) < 1);
  t.true(Math.abs((place(0.8) - place(0.75)) / (place(0.85) - place(0.8)) - 1) < 1e-9);
});

test('an axis on both sides of 0 has a tick there', (t) => {
  for (const values of [
    [-0.31, 0.12],
    [0, 7],
    [-3e-5, 1e-6],
  ]) {
    t.true(linearAxis(values).ticks.includes(0), String(values));
  }
});

test('a log axis puts equal ratios equally far apart', (t) => {
  const { ticks, place } = logAxis([0.003, 0.01, 4]);
  t.deepEqual(ticks, [0.01, 0.1, 1]);
  t.true(Math.abs(place(0.1) - place(0.01) - (place(1) - place(0.1))) < 1e-9);
  t.is(place(0), 0);
});

test('figures that are no numbers, alone or equal still give an axis', (t) => {
  for (const axis of [
    linearAxis([]),
    linearAxis([Number.NaN, 0.5]),
    linearAxis([0, 0]),
    logAxis([0]),
    logAxis([2]),
  ]) {
    t.true(axis.ticks.length > 0 && axis.ticks.every(Number.isFinite));
    t.true(axis.place(0.5) >= 0 && axis.place(0.5) <= 1);
    t.true(axis.place(1e9) === 1);
  }
});
