import test from 'ava';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { LayerTrial } from '../../../calibrate/search/layerTrial.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage, quantizedGraph } from '../../../calibrate/search/problem.js';
import { Prefix } from '../../../calibrate/workbench/prefix.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

test('a candidate of a corrected layer is tried with its correction, as it would be served', async (t) => {
  const plain = await pyramidProblem({ weightBits: 4, activationBits: 8, images: 3 });
  const layer = plain.plan.layers.find(({ role }) => role === 'dense')!;
  const channels = plain.graph.initializers.get(layer.weight)!.dims[0]!;
  const correction = {
    gain: new Float32Array(channels).fill(1.4),
    offset: new Float32Array(channels).fill(0.1),
  };
  const corrections = plain.table.corrections.with(layer.index, correction);
  const problem = { ...plain, table: { ...plain.table, corrections } };
  const p = indexOfP(2);
  const pOfLayer = everywhere(problem, p);
  const prefix = new Prefix(problem.graph, problem.plan, problem.inputs);
  await prefix.advance(workbench(), quantizedGraph(problem, pOfLayer), layer.position);
  const tried = await LayerTrial.run(workbench(), problem, { layer, pOfLayer, prefix }, (trial) =>
    trial.losses(p, 3),
  );
  const served = mean(await odolByImage(workbench(), problem, pOfLayer));
  const uncorrected = mean(await odolByImage(workbench(), plain, pOfLayer));
  t.true(Math.abs(served / uncorrected - 1) > 0.2, `${served} ${uncorrected}`);
  // The engine cuts the network in other places: the last bits may differ. A bias that is not rounded is 1 to 2 %.
  t.true(Math.abs(mean(tried) / served - 1) < 1e-4, `${mean(tried)}, served ${served}`);
});
