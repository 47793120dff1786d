import test from 'ava';
import { openGrids } from '../../../calibrate/quantize/openGrids.js';
import { pyramidProblem } from '../../helpers/searchProblem.js';

test("a layer's p moves its own grids, and those of sums and activations that are settled by them", async (t) => {
  const { plan } = await pyramidProblem({ images: 1 });
  const layerOf = (name: string) => plan.layers.find((layer) => layer.name === name)!;
  const gridOf = (tensor: string) => plan.gridOfTensor.get(tensor)!;
  // The sum has its grid from `pointwise`, of whose sides one is the stem's.
  t.false(layerOf('stem').grids.includes(gridOf('sum')));
  t.true(openGrids(plan, layerOf('stem')).has(gridOf('sum')));
  t.deepEqual([...openGrids(plan, layerOf('merged'))], [...layerOf('merged').grids]);
});

test('what is settled settles what comes behind it', async (t) => {
  const { plan } = await pyramidProblem({ images: 1 });
  const arithmetic = [
    { kind: 'sum', operands: [5, 2], result: 6 },
    { kind: 'sum', operands: [0, 1], result: 2 },
    { kind: 'sum', operands: [3, 4], result: 7 },
  ] as const;
  const layer = { ...plan.layers[0]!, grids: [1] };
  t.deepEqual([...openGrids({ ...plan, arithmetic }, layer)], [1, 2, 6]);
});
