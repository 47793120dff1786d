import test from 'ava';
import { Judge } from '../../../calibrate/detptq/judge.js';
import { StageLog } from '../../../calibrate/detptq/stageLog.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { everywhere, quantizedGraph } from '../../../calibrate/search/problem.js';
import { prepareImages } from '../../../calibrate/workbench/images.js';
import { TensorStore } from '../../../calibrate/workbench/tensorStore.js';
import { PassCounter } from '../../../calibrate/workbench/workbench.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { Processing } from '../../../runtime/detector/processing.js';
import { elementCount, float32Tensor } from '../../../runtime/graph/tensor.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

test('the float network is judged to be itself, a coarse one to be further from it than a fine one', async (t) => {
  const { graph: original, manifest } = pyramidDetector();
  const graph = prepareGraph(original);
  const processing = new Processing(manifest, createHead(manifest, graph));
  const images = await prepareImages(processing, await pyramidFrames(5, 2), {
    shelf: new TensorStore().shelf(),
  });
  const judge = await Judge.appoint(workbench(), { processing, images, graph });

  const itself = await judge.judge(graph, 1);
  t.like(itself, { odol: 0, agreement: 1, f1: 1, lost: 0, ghosts: 0, meanIou: 1 });
  t.deepEqual(itself.odols, [0, 0, 0, 0, 0]);
  t.is(itself.matches.images.length, 5);

  const quantizedTo = async (bits: number) => {
    const problem = await pyramidProblem({ weightBits: bits, activationBits: bits });
    return judge.judge(quantizedGraph(problem, everywhere(problem, indexOfP(2))), 1);
  };
  const [fine, coarse] = [await quantizedTo(8), await quantizedTo(3)];
  t.true(coarse.odol > fine.odol && fine.odol > 0);
  t.true(coarse.lost + coarse.ghosts >= fine.lost + fine.ghosts);
  t.true(coarse.agreement < fine.agreement && coarse.f1 <= fine.f1);
});

test('a frame of which the float network makes no numbers is refused by name', async (t) => {
  const { graph: original, manifest } = pyramidDetector();
  const graph = prepareGraph(original);
  const processing = new Processing(manifest, createHead(manifest, graph));
  const images = await prepareImages(processing, await pyramidFrames(3, 2), {
    shelf: new TensorStore().shelf(),
  });
  const { name, shape } = manifest.input;
  const nothing = float32Tensor(shape, new Float32Array(elementCount(shape)).fill(Number.NaN));
  const inputs = images.inputs.with(1, async () => ({ [name]: nothing }));
  const error = await t.throwsAsync(
    Judge.appoint(workbench(), { processing, images: { ...images, inputs }, graph }),
    { code: 'activations_not_finite' },
  );
  t.true(error.message.endsWith(`on frame ${images.names[1]}`), error.message);
});

test('the log gives each stage the work since the one before, and what became of it', (t) => {
  const counter = new PassCounter(10);
  const log = new StageLog(counter);
  counter.add(20);
  log.add('globalP', { odol: 0.2, agreement: 0.9, odolSearch: 0.1 });
  counter.add(30);
  log.add('moments', { odol: 0.3, agreement: 0.8, verdict: { kept: false, reason: 'raises it' } });
  t.like(log.stages[0], { name: 'globalP', odolSearch: 0.1, passes: 2, kept: true });
  t.like(log.stages[1], { odolSearch: null, odol: 0.3, passes: 3, kept: false, reason: 'raises it' });
  t.is(log.total().passes, 5);
  t.true(log.total().seconds >= log.stages[0]!.seconds + log.stages[1]!.seconds);
});
