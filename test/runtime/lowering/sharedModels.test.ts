import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { type ModelFiles, readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { Processing } from '../../../runtime/detector/processing.js';
import type { Session, TensorMap } from '../../../runtime/engines/engine.js';
import { lowerModel } from '../../../runtime/engines/onnxruntime/lowered/loweredModel.js';
import { ServingSession } from '../../../runtime/engines/onnxruntime/lowered/servingSession.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { decodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { lowerQdq } from '../../../runtime/lowering/lowerQdq.js';
import { relativeDifference } from '../../helpers/graphRuns.js';
import { randomFeeds } from '../../helpers/graphs.js';
import { projectRoot, sharedFolder, sharedModels } from '../../helpers/paths.js';
import { quantizedModel } from '../../helpers/quantizedModel.js';
import { sharedTest } from '../../helpers/requires.js';

const demo = {
  name: 'demo-retinanet',
  manifest: join(projectRoot, 'deploy/demo-model/model/demo-retinanet.json'),
};

for (const { name, manifest } of [demo, ...sharedModels]) {
  const modelTest = name === demo.name ? test : sharedTest;
  modelTest(`${name} is lowered whole, and answers what its QDQ graph does`, async (t) => {
    const files = await readModelFiles(manifest);
    const { graph } = files;
    const feeds = name === demo.name ? randomFeeds(graph) : await photo(files);
    const quantized = await quantizedModel(graph, { weightBits: 8, feeds });
    const result = lowerQdq(quantized);
    if (result.graph === undefined) throw new Error(result.reason);
    const { lowered, total } = result.convolutions;
    t.is(lowered, total);
    t.is(result.stoppedAt, undefined);
    const operators = new Set(result.graph.tail.nodes.map(({ opType }) => opType));
    for (const operator of ['Conv', 'QuantizeLinear', 'DequantizeLinear']) t.false(operators.has(operator));
    const [expected, got] = [await runPlain(quantized, feeds), await runLowered(quantized, feeds)];
    // All codes are the same; the heads multiply in float.
    for (const output of Object.keys(expected)) {
      const distance = relativeDifference(expected[output]!, got[output]!);
      t.true(distance < 1e-5, `${output} ${distance}`);
    }
  });
}

/** Of bytes, as images are: the normalisation that lowering takes into their codes rounds other values in its own way. */
async function photo({ manifest, graph }: ModelFiles): Promise<TensorMap> {
  const jpeg = await readFile(join(sharedFolder, 'data/coco-calib/images/000000000285.jpg'));
  const { tensor } = await new Processing(manifest, createHead(manifest, graph)).prepare(jpeg);
  return { [manifest.input.name]: tensor };
}

async function runPlain(graph: Graph, feeds: TensorMap): Promise<TensorMap> {
  return runOf(await onnxruntimeEngine.load(graph), feeds);
}

async function runLowered(graph: Graph, feeds: TensorMap): Promise<TensorMap> {
  const model = lowerModel(graph);
  if ('refusal' in model) throw new Error(model.refusal);
  const { bytes, surface } = model;
  return runOf(
    new ServingSession(await onnxruntimeEngine.load(decodeOnnx(bytes)), { surface, note: '' }),
    feeds,
  );
}

async function runOf(session: Session, feeds: TensorMap): Promise<TensorMap> {
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}
