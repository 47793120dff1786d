import { createHash } from 'node:crypto';
import test from 'ava';
import {
  type QuantizeOptions,
  type QuantizeProgress,
  quantizeModel,
} from '../../../calibrate/detptq/quantizeModel.js';
import type { Frame } from '../../../calibrate/frames/frame.js';
import { framesDigest } from '../../../calibrate/frames/framesDigest.js';
import { pValues } from '../../../calibrate/quantize/lpMetric.js';
import { renderReportHtml } from '../../../calibrate/reportHtml.js';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { manifestSchema } from '../../../runtime/detector/manifest.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { memoryCheckpoint } from '../../helpers/memoryCheckpoint.js';
import { blackFrames, pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';

const float = pyramidDetector();

async function optionsFor({
  search = 4,
  heldOut = 4,
  ...options
}: { search?: number; heldOut?: number } & Partial<QuantizeOptions> = {}): Promise<QuantizeOptions> {
  return withFrames(options, await pyramidFrames(search, 1), await pyramidFrames(heldOut, 2));
}

function withFrames(
  options: Partial<QuantizeOptions>,
  search: readonly Frame[],
  heldOut: readonly Frame[],
): QuantizeOptions {
  return {
    ...float,
    parentDigest: 'a'.repeat(64),
    frames: { search, heldOut },
    recipe: 'balanced',
    weightBits: 8,
    activationBits: 8,
    engine: onnxruntimeEngine,
    threads: 1,
    seed: 11,
    toolVersion: '0.1.0',
    ...options,
  };
}

const ratio = (value: number) => value >= 0 && value <= 1;

for (const [weightBits, activationBits] of [
  [8, 8],
  [4, 8],
  [4, 4],
  [2, 2],
] as const) {
  test(`W${weightBits}A${activationBits}: the graph runs, the manifest is valid and the report complete`, async (t) => {
    const options = await optionsFor({ weightBits, activationBits });
    const { graph, manifest, report } = await quantizeModel(options);

    const bytes = encodeOnnx(graph);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const model = { file: 'pyramid.onnx', sha256, sizeBytes: bytes.byteLength };
    const complete = manifestSchema.parse(JSON.parse(JSON.stringify({ ...manifest, model })));
    t.like(complete.quantization, {
      parent: 'a'.repeat(64),
      recipe: 'balanced',
      weightBits,
      activationBits,
      activations: activationBits === 8 ? 'executed' : 'simulated',
      calibration: { digest: framesDigest(options.frames.search), frames: 4 },
      engine: 'onnxruntime',
      seed: 11,
      toolVersion: '0.1.0',
    });
    const written = { manifest: complete, graph: decodeOnnx(bytes, 'pyramid.onnx') };
    const detector = await loadDetector(written, onnxruntimeEngine);
    const found = await detector.detect(options.frames.heldOut[0]!.bytes);
    await detector.dispose();
    t.true(found.detections.length > 0);

    t.like(report, {
      model: 'pyramid',
      recipe: 'balanced',
      bits: { weight: weightBits, activation: activationBits },
      engine: 'onnxruntime',
      seed: 11,
      toolVersion: '0.1.0',
      frames: {
        ...{ search: 4, heldOut: 4, digest: framesDigest(options.frames.search) },
        heldOutDigest: framesDigest(options.frames.heldOut),
      },
    });
    const names = report.stages.map(({ name }) => name);
    const always = weightBits < 8 ? ['p2 at 8 bits', 'p2', 'reconstruction'] : ['p2', 'reconstruction'];
    t.deepEqual(
      names.filter((name) => !['scaling', 'preActivations', 'floatIslands', 'globalP'].includes(name)),
      ['float', ...always, 'perLayerP'],
    );
    t.like(report.stages[0], { odol: 0, odolSearch: 0, agreement: 1 });
    t.true(report.stages.slice(1).every(({ odolSearch }) => odolSearch! > 0));
    t.true(report.stages.every(({ odol, agreement, passes }) => odol >= 0 && ratio(agreement) && passes > 0));
    const passes = report.stages.reduce((sum, stage) => sum + stage.passes, 0);
    // The controls are measured after the last stage.
    t.true(report.total.passes > passes);
    t.true(report.total.peakRssBytes > 1e7);

    t.is(report.layers.length, 8);
    t.true(report.layers.every(({ clipShare, sqnrDb }) => ratio(clipShare) && Number.isFinite(sqnrDb)));
    t.deepEqual(
      complete.quantization!.layers,
      report.layers.map(({ name, weightBits, activationBits, p }) => ({
        name,
        weightBits,
        activationBits,
        p,
      })),
    );
    const { minmax, p2, p2_4, bestGlobalP, perLayerP } = report.controls;
    t.deepEqual([minmax.p, p2.p, p2_4.p, perLayerP!.p], ['inf', 2, 2.4, null]);
    for (const control of [minmax, p2, p2_4, bestGlobalP, perLayerP!]) {
      t.true(control.odol > 0 && control.odolSearch! > 0 && ratio(control.agreement));
    }
    const chosen = report.controls[report.chosen]!;
    t.like(complete.quantization, { odol: chosen.odol, agreement: chosen.agreement });
    if (report.chosen === 'bestGlobalP') t.true(report.layers.every(({ p }) => p === bestGlobalP.p));
    t.is(
      report.notes.some((note) => note.includes('simulated')),
      activationBits < 8,
    );
    t.true(renderReportHtml(report).includes('predict0'));
  });
}

test('the same input twice gives the same bytes and the same figures', async (t) => {
  const once = await quantizeModel(await optionsFor({ weightBits: 4, activationBits: 4 }));
  const twice = await quantizeModel(await optionsFor({ weightBits: 4, activationBits: 4 }));
  t.deepEqual(encodeOnnx(twice.graph), encodeOnnx(once.graph));
  t.deepEqual(twice.manifest, once.manifest);
  t.deepEqual(twice.report.layers, once.report.layers);
  t.deepEqual(twice.report.controls, once.report.controls);
});

test('the recipe fast stops at the best single p and says so', async (t) => {
  const { report } = await quantizeModel(await optionsFor({ recipe: 'fast' }));
  t.is(report.controls.perLayerP, null);
  t.is(report.chosen, 'bestGlobalP');
  t.false(report.stages.some(({ name }) => name === 'perLayerP'));
  t.true(
    report.notes.includes(
      'Not part of the recipe fast: rounding by GPTQ, a p per layer, the re-tuning of single grids.',
    ),
  );
  const { minmax, p2, bestGlobalP } = report.controls;
  for (const { odolSearch } of [...report.stages, minmax, p2, bestGlobalP]) t.is(odolSearch, null);
  t.true(report.layers.every(({ tried }) => tried.length === 0));
});

test('stages that were left out are named, and a stage that finds nothing to do says so', async (t) => {
  const without = new Set(['scaling', 'preActivations', 'moments'] as const);
  const { report } = await quantizeModel(await optionsFor({ recipe: 'fast', weightBits: 4, without }));
  t.deepEqual(
    report.stages.map(({ name }) => name),
    ['float', 'p2 at 8 bits', 'p2', 'reconstruction', 'globalP'],
  );
  t.true(report.notes.includes('Left out as asked: input scaling, pre-activations, moment matching.'));
  // The best single p is 2, which the stages before have.
  t.is(report.controls.bestGlobalP.p, 2);
  t.like(report.stages[4], { kept: false, reason: 'found nothing to do', odol: report.stages[3]!.odol });
});

test('with half of the layers at 8 bits, and what they read, each layer is searched as before', async (t) => {
  const { report, graph } = await quantizeModel(
    await optionsFor({ weightBits: 4, activationBits: 4, lowBitShare: 0.5 }),
  );
  const widened = report.layers.filter(
    ({ role, weightBits, activationBits }) => role === 'dense' && weightBits === 8 && activationBits === 8,
  );
  const { kept } = report.stages.find(({ name }) => name === 'mixedPrecision')!;
  t.is(
    widened.length > 0 ||
      report.layers.some(({ role, activationBits }) => role === 'depthwise' && activationBits === 8),
    kept,
  );
  t.true(kept);
  t.true(report.layers.some(({ tried }) => tried.length > 1));
  t.notThrows(() => encodeOnnx(graph));
});

test('progress goes through the steps in order, never backwards within one', async (t) => {
  const progress: QuantizeProgress[] = [];
  await quantizeModel(await optionsFor({ onProgress: (next) => progress.push(next) }));
  t.deepEqual(
    [...new Set(progress.map(({ step }) => step))],
    ['preparing', 'observing', 'scaling', 'pre-activations', 'global-p', 'reconstruction', 'layer-p'],
  );
  for (const [i, { step, done, total }] of progress.entries()) {
    t.true(done >= 0 && done <= total);
    if (progress[i - 1]?.step === step) t.true(done >= progress[i - 1]!.done);
  }
  t.like(progress.at(-1), { step: 'layer-p', done: 8, total: 8 });
  // A layer whose grids are the same under every p tries none.
  t.true(progress.some(({ step, odol }) => step === 'layer-p' && odol! > 0));
});

test('gone on from its checkpoint, it gives the same bytes; with another seed or other frames it is refused', async (t) => {
  const bits = { weightBits: 4, activationBits: 4, lowBitShare: 0.5, recipe: 'thorough' } as const;
  const { checkpoint, appended: lines } = memoryCheckpoint();
  const whole = await quantizeModel(await optionsFor({ ...bits, checkpoint }));
  // In the middle of every stage that takes its time.
  const stages = [
    /"scaling\/loss\//,
    /"reconstruction\//,
    /"mixedPrecision\/wide\/"/,
    /"mixedPrecision\/wide\/\d+\+/,
    /"perLayer\/1\//,
    /"retune\/without\//,
    /"retune\/grid\//,
  ];
  const inStages = stages.map((stage) => lines.findIndex((line) => stage.test(line)) + 2);
  t.true(
    inStages.every((count) => count > 1 && count < lines.length),
    inStages.join(),
  );
  for (const count of [1, ...inStages, lines.length]) {
    const { checkpoint, appended } = memoryCheckpoint(lines.slice(0, count));
    const resumed = await quantizeModel(await optionsFor({ ...bits, checkpoint }));
    t.deepEqual(encodeOnnx(resumed.graph), encodeOnnx(whole.graph));
    t.deepEqual(resumed.manifest, whole.manifest);
    t.deepEqual(appended, lines.slice(count));
    t.is(resumed.report.notes.filter((note) => note.startsWith('Gone on with')).length, count > 1 ? 1 : 0);
  }
  const other = memoryCheckpoint(lines);
  const options = await optionsFor({ ...bits, seed: 12, checkpoint: other.checkpoint });
  await t.throwsAsync(quantizeModel(options), { code: 'checkpoint_mismatch', message: /its seed is 11/ });
  const same = await optionsFor({ ...bits, checkpoint: memoryCheckpoint(lines).checkpoint });
  const heldOut = same.frames.heldOut.slice(1);
  const fewer = { ...same, frames: { ...same.frames, heldOut } };
  await t.throwsAsync(quantizeModel(fewer), { code: 'checkpoint_mismatch', message: /its heldOut is/ });
});

test('the recipe thorough ends with re-tuning, judged like every stage, also where it is resumed', async (t) => {
  const { checkpoint, appended: lines } = memoryCheckpoint();
  const { report } = await quantizeModel(await optionsFor({ recipe: 'thorough', checkpoint }));
  t.is(report.stages.at(-1)!.name, 'retune');
  // A checkpoint that says that the image's grid became far too coarse, under whichever p.
  const value = pValues.map((_, p) => ({ grid: 0, p, scale: 1, zeroPoint: 0 }));
  const coarse = memoryCheckpoint([...lines.slice(0, -1), JSON.stringify({ step: 'retune/moves', value })]);
  const resumed = await quantizeModel(
    await optionsFor({ recipe: 'thorough', checkpoint: coarse.checkpoint }),
  );
  const row = resumed.report.stages.at(-1)!;
  t.is(row.name, 'retune');
  t.true(row.odol > 2 * report.stages.at(-1)!.odol, `${row.odol}`);
  t.false(row.kept);
  t.is(resumed.report.exported, null);
});

test('an abort at any step ends it with aborted', async (t) => {
  const steps = ['preparing', 'observing', 'scaling', 'global-p', 'reconstruction', 'layer-p'] as const;
  for (const step of steps) {
    const controller = new AbortController();
    const onProgress = (progress: QuantizeProgress) => {
      if (progress.step === step) controller.abort();
    };
    const options = await optionsFor({ onProgress, signal: controller.signal });
    await t.throwsAsync(quantizeModel(options), { code: 'aborted' }, step);
  }
});

test('passes are counted by work done, also where nodes have no names', async (t) => {
  const unnamed: Graph = { ...float.graph, nodes: float.graph.nodes.map((node) => ({ ...node, name: '' })) };
  const named = await quantizeModel(await optionsFor({ recipe: 'fast' }));
  const { report } = await quantizeModel(await optionsFor({ recipe: 'fast', graph: unnamed }));
  t.is(report.total.passes, named.report.total.passes);
  // Float over search and held-out frames, eight p over the search frames and four judged at least; observing again.
  t.true(report.total.passes >= 14 && report.total.passes <= 45, String(report.total.passes));
  t.deepEqual(new Set(report.layers.map(({ name }) => name)).size, 8);
});

test('one frame, which also judges, is enough', async (t) => {
  const [frame] = await pyramidFrames(1);
  const { report } = await quantizeModel(withFrames({}, [frame!], [frame!]));
  t.like(report.frames, { search: 1, heldOut: 1 });
  // The float network is fused otherwise where its activations are observed, and so differs in the last bits.
  const { odol, odolSearch } = report.controls.p2;
  t.true(Math.abs(odol / odolSearch! - 1) < 1e-5, `${odol} ${odolSearch}`);
});

test('frames that are all black give a network that says of black what the float one does', async (t) => {
  const black = await blackFrames(3);
  for (const bits of [8, 4]) {
    const options = withFrames({ weightBits: bits, activationBits: bits }, black, black);
    const { graph, report } = await quantizeModel(options);
    t.true(Number.isFinite(report.controls.bestGlobalP.odol));
    t.true(report.controls.bestGlobalP.odol < 0.01, String(report.controls.bestGlobalP.odol));
    const session = await onnxruntimeEngine.load(graph);
    t.teardown(() => session.dispose());
    const zeros = { image: float32Tensor([1, 3, 32, 32], new Float32Array(3 * 32 * 32)) };
    t.true(((await session.run(zeros)).packed!.data as Float32Array).every(Number.isFinite));
  }
});

test('activations that are not finite are an error that names tensor and frame', async (t) => {
  const initializers = new Map(float.graph.initializers);
  const bias = float.graph.nodes.find(({ name }) => name === 'fine')!.inputs[2]!;
  initializers.set(bias, float32Tensor([16], new Float32Array(16).fill(Number.NaN)));
  const graph = { ...float.graph, initializers };
  const error = await t.throwsAsync(quantizeModel(await optionsFor({ graph })), {
    code: 'activations_not_finite',
  });
  t.regex(error!.message, /tensor packed on frame blots\d\.png/);
});

test('bits out of range and frames that do not decode are refused', async (t) => {
  await t.throwsAsync(quantizeModel(await optionsFor({ weightBits: 1 })), { code: 'bits_out_of_range' });
  await t.throwsAsync(quantizeModel(await optionsFor({ activationBits: 9 })), { code: 'bits_out_of_range' });
  const text = { name: 'notes.jpg', bytes: new TextEncoder().encode('not a picture') };
  const frames = await pyramidFrames(1);
  const error = await t.throwsAsync(quantizeModel(withFrames({}, [text], frames)));
  t.regex((error as Error & { code: string }).code, /^image_/);
});

test('every control can be built again, and the chosen one is what was exported', async (t) => {
  const { graph, report, controlGraph } = await quantizeModel(
    await optionsFor({ weightBits: 4, activationBits: 4 }),
  );
  t.deepEqual(encodeOnnx(controlGraph(report.chosen)!), encodeOnnx(graph));
  const minmax = controlGraph('minmax')!;
  t.notDeepEqual(encodeOnnx(minmax), encodeOnnx(graph));
  const fast = await quantizeModel(await optionsFor({ recipe: 'fast' }));
  t.is(fast.controlGraph('perLayerP'), undefined);
});
