import test, { type ExecutionContext } from 'ava';
import { servedOdol } from '../../../calibrate/detptq/servedOdol.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { packWeights } from '../../../calibrate/quantize/packWeights.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage, quantizedGraph } from '../../../calibrate/search/problem.js';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const { manifest, graph: float } = pyramidDetector();
const options = { lambda: 1, signal: new AbortController().signal };

async function loaded(graph: Graph, t: ExecutionContext) {
  const written = decodeOnnx(encodeOnnx(graph), 'pyramid.onnx');
  const detector = await loadDetector({ manifest, graph: written }, onnxruntimeEngine);
  t.teardown(() => detector.dispose());
  return detector;
}

test('the float detector loses nothing against itself', async (t) => {
  const detector = await loaded(float, t);
  t.is(await servedOdol({ float: detector, quantized: detector }, await pyramidFrames(2), options), 0);
});

for (const bits of [8, 4]) {
  test(`W${bits}A${bits}: a written file, its weights packed, serves what the search saw`, async (t) => {
    const problem = await pyramidProblem({ weightBits: bits, activationBits: bits });
    const pOfLayer = everywhere(problem, indexOfP(2));
    const weights = new Set(problem.plan.layers.map(({ weight }) => weight));
    const file = packWeights(quantizedGraph(problem, pOfLayer), weights)!;
    const pair = { float: await loaded(float, t), quantized: await loaded(file, t) };
    const { lambda } = problem.odol;
    const served = await servedOdol(pair, await pyramidFrames(6), { ...options, lambda });
    const searched = mean(await odolByImage(workbench(), problem, pOfLayer));
    t.true(Math.abs(served / searched - 1) < 0.001, `${served} ${searched}`);
  });
}

test('an abort ends it', async (t) => {
  const detector = await loaded(float, t);
  const signal = AbortSignal.abort();
  const frames = await pyramidFrames(1);
  await t.throwsAsync(servedOdol({ float: detector, quantized: detector }, frames, { lambda: 1, signal }), {
    code: 'aborted',
  });
});
