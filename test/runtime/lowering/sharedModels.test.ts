import { join } from 'node:path';
import test from 'ava';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { lowerQdq } from '../../../runtime/lowering/lowerQdq.js';
import { randomFeeds } from '../../helpers/graphs.js';
import { projectRoot, sharedModels } from '../../helpers/paths.js';
import { quantizedModel } from '../../helpers/quantizedModel.js';
import { sharedTest } from '../../helpers/requires.js';

const demo = {
  name: 'demo-retinanet',
  manifest: join(projectRoot, 'deploy/demo-model/model/demo-retinanet.json'),
};

for (const { name, manifest } of [demo, ...sharedModels]) {
  const modelTest = name === demo.name ? test : sharedTest;
  modelTest(`${name} is lowered whole: behind its heads nothing is convolved or quantized`, async (t) => {
    const { graph } = await readModelFiles(manifest);
    const quantized = await quantizedModel(graph, { weightBits: 8, feeds: randomFeeds(graph) });
    const result = lowerQdq(quantized);
    if (result.graph === undefined) throw new Error(result.reason);
    const { lowered, total } = result.convolutions;
    t.is(lowered, total);
    t.is(result.stoppedAt, undefined);
    const operators = new Set(result.graph.tail.nodes.map(({ opType }) => opType));
    for (const operator of ['Conv', 'QuantizeLinear', 'DequantizeLinear']) t.false(operators.has(operator));
  });
}
