import test, { type ExecutionContext } from 'ava';
import { ServedOdol } from '../../../calibrate/detptq/servedOdol.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { packWeights } from '../../../calibrate/quantize/packWeights.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage, quantizedGraph } from '../../../calibrate/search/problem.js';
import { Detector, loadDetector } from '../../../runtime/detector/detector.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const { manifest, graph: float } = pyramidDetector();
const { signal } = new AbortController();

async function loaded(graph: Graph, t: ExecutionContext) {
  const written = decodeOnnx(encodeOnnx(graph), 'pyramid.onnx');
  const detector = await loadDetector({ manifest, graph: written }, onnxruntimeEngine);
  t.teardown(() => detector.dispose());
  return detector;
}

test('the float detector loses nothing against itself', async (t) => {
  const detector = await loaded(float, t);
  const odol = await ServedOdol.against(detector, { lambda: 1, frames: await pyramidFrames(2), signal });
  t.is(await odol.of(detector), 0);
});

async function lowered(graph: Graph, t: ExecutionContext) {
  const session = await onnxruntimeEngine.forms!.write(graph, {}).load(1);
  t.teardown(() => session.dispose());
  return new Detector(manifest, createHead(manifest, graph), session);
}

for (const [weightBits, activationBits] of [
  [8, 8],
  [4, 8],
  [4, 4],
] as const) {
  test(`W${weightBits}A${activationBits}: a written file, its weights packed, serves what the search saw, lowered too`, async (t) => {
    const problem = await pyramidProblem({ weightBits, activationBits });
    const pOfLayer = everywhere(problem, indexOfP(2));
    const weights = new Set(problem.plan.layers.map(({ weight }) => weight));
    const file = packWeights(quantizedGraph(problem, pOfLayer), weights)!;
    const { lambda } = problem.odol;
    const frames = await pyramidFrames(6);
    const odol = await ServedOdol.against(await loaded(float, t), { lambda, frames, signal });
    const served = await odol.of(await loaded(file, t));
    const searched = mean(await odolByImage(workbench(), problem, pOfLayer));
    t.true(Math.abs(served / searched - 1) < 0.001, `${served} ${searched}`);
    const integers = await odol.of(await lowered(file, t));
    t.true(Math.abs(integers / searched - 1) < 0.02, `${integers} ${searched}`);
  });
}

test('an abort ends it, whichever detector runs', async (t) => {
  const detector = await loaded(float, t);
  const abort = new AbortController();
  const odol = await ServedOdol.against(detector, {
    lambda: 1,
    frames: await pyramidFrames(1),
    signal: abort.signal,
  });
  abort.abort();
  await t.throwsAsync(odol.of(detector), { code: 'aborted' });
  const served = { lambda: 1, frames: await pyramidFrames(1), signal: abort.signal };
  await t.throwsAsync(ServedOdol.against(detector, served), { code: 'aborted' });
});
