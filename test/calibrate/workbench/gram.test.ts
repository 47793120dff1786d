import test from 'ava';
import { gram } from '../../../calibrate/workbench/gram.js';
import { PassCounter } from '../../../calibrate/workbench/workbench.js';
import { correlatedRows, product } from '../../helpers/correlatedRows.js';
import { gaussian } from '../../helpers/distributions.js';
import { workbench } from '../../helpers/searchProblem.js';

const size = 7;

/** The rows less their mean. */
function deviations(rows: Float32Array): Float64Array {
  const count = rows.length / size;
  const sums = new Float64Array(size);
  for (const [i, value] of rows.entries()) sums[i % size]! += value;
  return Float64Array.from(rows, (value, i) => value - sums[i % size]! / count);
}

// One run takes 2048 rows.
for (const count of [1, 2048, 2049, 5000]) {
  test(`products of ${count} rows less their means are those of plain loops`, async (t) => {
    const float = correlatedRows({ rows: count, size, seed: 4 }).map((value) => value + 5);
    const noise = gaussian(float.length, 5);
    const quantized = float.map((value, i) => value + 0.1 * noise[i]! - 2);
    const found = await gram(workbench(), { quantized, float, size });
    const [f, q] = [deviations(float), deviations(quantized)];
    const largest = Math.max(...product(f, f, size), 1);
    for (const [name, expected] of [
      ['gram', product(q, q, size)],
      ['cross', product(q, f, size)],
    ] as const) {
      t.is(found[name].length, size * size);
      for (const [i, value] of expected.entries()) t.true(Math.abs(found[name][i]! - value) < 1e-6 * largest);
    }
  });
}

test('the work is counted', async (t) => {
  const bench = { ...workbench(), counter: new PassCounter(1) };
  const rows = correlatedRows({ rows: 3000, size, seed: 6 });
  await gram(bench, { quantized: rows, float: rows, size });
  t.is(bench.counter.passes, 2 * size * size * 3000);
});

test('of no rows the products are zero', async (t) => {
  const none = new Float32Array(0);
  const found = await gram(workbench(), { quantized: none, float: none, size });
  t.true([...found.gram, ...found.cross].every((value) => value === 0));
});
