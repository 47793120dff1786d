import test from 'ava';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage } from '../../../calibrate/search/problem.js';
import { gridSensitivities } from '../../../calibrate/stages/gridSensitivity.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

test('a grid costs by how much the ODOL falls without it; all that the Lp metric chose are told, the worst first', async (t) => {
  const problem = await pyramidProblem({ weightBits: 8, activationBits: 4, images: 3 });
  const { plan } = problem;
  const pOfLayer = everywhere(problem, indexOfP(2));
  const found = await gridSensitivities(workbench(), problem, { pOfLayer, images: 2 });
  const searched = plan.grids.filter(({ rule }) => rule === 'search').map(({ id }) => id);
  t.deepEqual(
    found.map(({ grid }) => grid).sort((a, b) => a - b),
    searched,
  );
  const gains = found.map(({ gain }) => gain);
  t.deepEqual(
    gains,
    gains.toSorted((a, b) => b - a),
  );

  const inputs = problem.inputs.slice(0, 2);
  const odolOf = async (gridOfTensor: ReadonlyMap<string, number>) =>
    mean(await odolByImage(workbench(), { ...problem, inputs, plan: { ...plan, gridOfTensor } }, pOfLayer));
  const [{ grid, gain }] = found as [(typeof found)[number]];
  const without = await odolOf(new Map([...plan.gridOfTensor].filter(([, id]) => id !== grid)));
  const expected = (await odolOf(plan.gridOfTensor)) - without;
  t.true(Math.abs(gain / expected - 1) < 0.01, `${gain}, expected ${expected}`);
});
