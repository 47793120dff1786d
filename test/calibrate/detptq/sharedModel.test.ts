import { quantizeModel } from '../../../calibrate/detptq/quantizeModel.js';
import { loadCalibrationSet } from '../../../calibrate/frames/calibrationSet.js';
import { Odol, type OdolTerms } from '../../../calibrate/search/odol.js';
import { mean } from '../../../calibrate/search/paired.js';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { sharedFolder, sharedModels } from '../../helpers/paths.js';
import { sharedTest } from '../../helpers/requires.js';

sharedTest('the person detector at W8A8: the file that is served loses what the search said', async (t) => {
  const { manifest: path } = sharedModels.find(({ name }) => name.startsWith('person'))!;
  const { manifest, graph, digest } = await readModelFiles(path);
  const frames = await loadCalibrationSet(`${sharedFolder}data/coco-calib/images`, { frames: 4, heldOut: 4 });
  const { controlGraph, report, ...exported } = await quantizeModel({
    manifest,
    graph,
    parentDigest: digest,
    frames,
    recipe: 'balanced',
    without: new Set(['perLayerP'] as const),
    weightBits: 8,
    activationBits: 8,
    engine: onnxruntimeEngine,
    threads: 1,
    seed: 0,
    toolVersion: 'test',
  });
  const { bestGlobalP, minmax, p2 } = report.controls;
  t.true(bestGlobalP.agreement > 0.5, String(bestGlobalP.agreement));
  t.true(bestGlobalP.odolSearch! < minmax.odolSearch!);

  // Each file is written, read and loaded anew.
  const reload = (written: Graph) =>
    loadDetector({ manifest, graph: decodeOnnx(encodeOnnx(written), path) }, onnxruntimeEngine);
  const float = await reload(graph);
  t.teardown(() => float.dispose());
  const odol = new Odol(float.head);
  const prepared = await Promise.all(frames.search.map(({ bytes }) => float.prepare(bytes)));
  for (const image of prepared) odol.addReference(await float.infer(image));
  const servedTerms = async (written: Graph) => {
    const served = await reload(written);
    try {
      const terms: OdolTerms[] = [];
      for (const [i, image] of prepared.entries()) terms.push(odol.terms(i, await served.infer(image)));
      return terms;
    } finally {
      await served.dispose();
    }
  };
  const termsOfP2 = await servedTerms(controlGraph('p2')!);
  odol.balance(termsOfP2);
  const odolOf = (terms: readonly OdolTerms[]) => mean(terms.map((term) => odol.value(term)));
  // The float reference is fused otherwise where its activations are observed: it differs in the last bits.
  const deviation = (served: readonly OdolTerms[], said: number) => Math.abs(odolOf(served) / said - 1);
  t.true(deviation(termsOfP2, p2.odolSearch!) < 1e-5);
  t.true(deviation(await servedTerms(exported.graph), bestGlobalP.odolSearch!) < 1e-5);
});
