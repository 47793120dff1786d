/**
 * Prints, for each detector and bit width, what every way of choosing p reaches: ODOL and agreement on held-out
 * calibration frames, and labelled AP of the session that would serve, with the paired difference to float and its
 * 95 % interval; then what one p per layer gains on the best single one. Markdown on stdout, one line of JSON per model and bit width on stderr.
 *
 *     node dist/test/bench/controls.js [--bits 8/8,4/8,4/4/0.9] [--frames 32] [--recipe balanced] [--limit 400] [--seed 0]
 *       [--without scaling,preActivations,rounding,moments] [--controls minmax,p2,p2_4,bestGlobalP,perLayerP] [--calib FRAMES] [--images DIR --annotations FILE] [MANIFEST...]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { quantizeModel } from '../../calibrate/detptq/quantizeModel.js';
import type { Recipe, Stage } from '../../calibrate/detptq/recipe.js';
import { readGroundTruth } from '../../calibrate/evaluate/groundTruthFile.js';
import { pairedBootstrap } from '../../calibrate/evaluate/pairedBootstrap.js';
import { type DetectorEvaluation, evaluateDetector } from '../../calibrate/evaluate/runEvaluation.js';
import { loadCalibrationSet } from '../../calibrate/frames/calibrationSet.js';
import type { QuantizeReport } from '../../calibrate/report.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import type { Manifest } from '../../runtime/detector/manifest.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { selectEngine } from '../../runtime/engines/registry.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { sharedFolder, sharedModels } from '../helpers/paths.js';
import { differenceText, percent } from './peers/table.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Of weights and activations; behind a second slash the share of the layers below 8 bits that keep them. */
    bits: { type: 'string', default: '8/8' },
    frames: { type: 'string', default: '32' },
    recipe: { type: 'string', default: 'balanced' },
    calib: { type: 'string', default: `${sharedFolder}data/coco-calib/images` },
    images: { type: 'string', default: `${sharedFolder}data/coco-eval/images` },
    annotations: { type: 'string', default: `${sharedFolder}data/coco-eval/annotations.json` },
    limit: { type: 'string', default: '400' },
    /** Stages, as `detptq quantize --without` takes them. */
    without: { type: 'string', default: '' },
    /** Which ways are evaluated on labelled images. */
    controls: { type: 'string', default: 'minmax,p2,p2_4,bestGlobalP,perLayerP' },
    /** Of the choice of calibration frames; 0 takes the first by name. */
    seed: { type: 'string', default: '0' },
  },
});
const manifests = positionals.length > 0 ? positionals : sharedModels.map(({ manifest }) => manifest);
const engine = await selectEngine('auto');
const threads = availableParallelism();
const truth = await readGroundTruth(options.annotations);
const count = Number(options.frames);
const frames = await loadCalibrationSet(options.calib, {
  frames: count,
  heldOut: count,
  seed: Number(options.seed),
});

async function evaluate(manifest: Manifest, graph: Graph): Promise<DetectorEvaluation> {
  const detector = await loadDetector({ manifest, graph }, engine, { threads, lowering: {} });
  try {
    return await evaluateDetector(detector, {
      imagesFolder: options.images,
      truth,
      limit: Number(options.limit),
    });
  } finally {
    await detector.dispose();
  }
}

for (const path of manifests) {
  const { manifest, graph, digest } = await readModelFiles(path);
  const float = await evaluate(manifest, graph);
  for (const [weightBits, activationBits, lowBitShare = 1] of options.bits
    .split(',')
    .map((pair) => pair.split('/').map(Number))) {
    const result = await quantizeModel({
      manifest,
      graph,
      parentDigest: digest,
      frames,
      recipe: options.recipe as Recipe,
      without: new Set(options.without.split(',') as Stage[]),
      weightBits: weightBits!,
      activationBits: activationBits!,
      lowBitShare,
      engine,
      threads,
      seed: Number(options.seed),
      toolVersion: 'bench',
    });
    const { controls, total, chosen, comparisons } = result.report;
    const widened =
      lowBitShare < 1 ? `, ${(100 * (1 - lowBitShare)).toFixed(0)} % of the layers at 8 bits` : '';
    console.log(
      `\n**${manifest.name} W${weightBits}A${activationBits}**${widened}, float AP ${percent(float.AP)}, n = ${float.n}, `,
    );
    console.log(`N = ${count} + ${frames.heldOut.length} frames, ${options.recipe}, ${engine.name}: `);
    console.log(
      `${total.passes.toFixed(0)} passes, ${total.seconds.toFixed(0)} s, ${(total.peakRssBytes / 1e6).toFixed(0)} MB\n`,
    );
    console.log(
      '| p | ODOL search | ODOL held out | agreement mAP | AP | AP - float [95 %] |\n|---|---|---|---|---|---|',
    );
    const rows = [];
    const evaluations = new Map<string, DetectorEvaluation>();
    const scope = { imageIds: float.imageIds, categoryIds: float.categoryIds, resamples: 200 };
    for (const name of Object.keys(controls) as (keyof QuantizeReport['controls'])[]) {
      const control = controls[name];
      const controlGraph = result.controlGraph(name);
      if (!control || !controlGraph || !options.controls.split(',').includes(name)) continue;
      const evaluation = await evaluate(manifest, controlGraph);
      evaluations.set(name, evaluation);
      const toFloat = pairedBootstrap(
        truth,
        { baseline: float.detections, candidate: evaluation.detections },
        scope,
      );
      rows.push({ name, ...control, AP: evaluation.AP, toFloat });
      const cells = [
        `${name}${control.p === null ? '' : ` (${control.p})`}${name === chosen ? ', exported' : ''}`,
        control.odolSearch?.toFixed(5) ?? '–',
        control.odol.toFixed(5),
        control.agreement.toFixed(3),
        percent(evaluation.AP),
        differenceText(toFloat),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
    const single = evaluations.get('bestGlobalP');
    const perLayer = evaluations.get('perLayerP');
    if (single && perLayer) {
      const gain = pairedBootstrap(
        truth,
        { baseline: single.detections, candidate: perLayer.detections },
        scope,
      );
      const { odol } = comparisons.find(
        ({ of, against }) => of === 'perLayerP' && against === 'bestGlobalP',
      )!;
      const share = (difference: number) => ((100 * difference) / controls.bestGlobalP!.odol).toFixed(1);
      console.log(
        `\nOne p per layer against the best single one: ODOL ${share(odol.difference)} % [${share(odol.low)}, ${share(odol.high)}], AP ${differenceText(gain)}`,
      );
    }
    console.error(
      JSON.stringify({
        bench: 'controls',
        model: manifest.name,
        weightBits,
        activationBits,
        lowBitShare,
        floatAP: float.AP,
        rows,
        total,
      }),
    );
  }
}
