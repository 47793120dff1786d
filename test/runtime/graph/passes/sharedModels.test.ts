import { readFileSync } from 'node:fs';
import type { TensorMap } from '../../../../runtime/engines/engine.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { nodeMacs } from '../../../../runtime/graph/macs.js';
import { decodeOnnx, encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { extractSubgraph } from '../../../../runtime/graph/passes/extractSubgraph.js';
import { foldConstants } from '../../../../runtime/graph/passes/foldConstants.js';
import { foldIntoConv } from '../../../../runtime/graph/passes/foldIntoConv.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { removeDeadNodes } from '../../../../runtime/graph/passes/removeDeadNodes.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { randomFeeds } from '../../../helpers/graphs.js';
import { sharedModels } from '../../../helpers/paths.js';
import { sharedTest } from '../../../helpers/requires.js';

const passes = { inferShapes, foldIntoConv, foldConstants, removeDeadNodes };

/** Largest difference that the passes may make, relative to an output's range. */
const tolerance = 1e-4;

/**
 * Published GFLOP of one inference, two per multiply-accumulate; some authors count activations in, some do not.
 * Sources: the README of nanodet, yolox and yolo-fastest, the model card of person-detection-retail-0013.
 */
const publishedGigaFlops: Readonly<Record<string, number>> = {
  'nanodet-plus-m_416': 1.52,
  'yolox-nano': 1.08,
  'yolo-fastest-1.1-xl': 0.725,
  'person-detection-retail-0013': 2.3,
};

function worst(expected: TensorMap, got: TensorMap): number {
  return Math.max(
    ...Object.entries(expected).map(([name, tensor]) => relativeDifference(tensor, got[name]!)),
  );
}

function readModel(manifest: string): Graph {
  return decodeOnnx(readFileSync(manifest.replace(/json$/, 'onnx')), manifest);
}

for (const { name, manifest } of sharedModels) {
  sharedTest(`${name} is written as it was read, and computes the same bits`, async (t) => {
    const graph = readModel(manifest);
    const readBack = decodeOnnx(encodeOnnx(graph));
    t.deepEqual(readBack, graph);
    const feeds = randomFeeds(graph);
    t.deepEqual(await runOnce(readBack, feeds), await runOnce(graph, feeds));
  });

  sharedTest(`${name} computes the same after each pass and after all`, async (t) => {
    const graph = readModel(manifest);
    const feeds = randomFeeds(graph);
    const expected = await runOnce(graph, feeds);
    for (const [pass, apply] of Object.entries(passes)) {
      t.true(worst(expected, await runOnce(apply(graph), feeds)) <= tolerance, pass);
    }
    const all = Object.values(passes).reduce((rewritten, apply) => apply(rewritten), graph);
    t.true(worst(expected, await runOnce(all, feeds)) <= tolerance, 'all passes');
  });

  sharedTest(`${name} computes the same when cut in the middle and run in two pieces`, async (t) => {
    const graph = inferShapes(readModel(manifest));
    const feeds = randomFeeds(graph);
    const convolutions = graph.nodes.filter(({ opType }) => opType === 'Conv');
    const middle = convolutions[Math.floor(convolutions.length / 2)]!.outputs[0]!;
    const extended = { ...graph, outputs: [...graph.outputs, graph.values.get(middle)!] };
    const { [middle]: cut, ...expected } = await runOnce(extended, feeds);

    const prefix = await runOnce(extractSubgraph(graph, { to: [middle] }), feeds);
    t.true(relativeDifference(cut!, prefix[middle]!) <= tolerance);

    // What bypasses the cut still starts at the network's input.
    const suffix = extractSubgraph(graph, { from: [middle] });
    t.true(suffix.nodes.length < graph.nodes.length);
    const suffixFeeds = Object.fromEntries(
      suffix.inputs.map((port) => [port.name, feeds[port.name] ?? cut!]),
    );
    t.true(worst(expected, await runOnce(suffix, suffixFeeds)) <= tolerance);
  });

  sharedTest(`${name} has the multiply-accumulates that its authors published, within 6 %`, (t) => {
    const macs = [...nodeMacs(inferShapes(readModel(manifest))).values()];
    const gigaFlops = (2 * macs.reduce((sum, count) => sum + count, 0)) / 1e9;
    const published = publishedGigaFlops[name]!;
    t.true(Math.abs(gigaFlops / published - 1) < 0.06, `${gigaFlops} GFLOP, published ${published}`);
  });
}
