/**
 * Prints what each rewrite of the lowering (runtime/lowering) is worth in onnxruntime: the inference time of each detector without it,
 * over that with all, in one interleaved run on one thread; the processor's time, the median of the rounds' ratios. A rewrite that finds nothing
 * to do in a detector has no figure. The QDQ graph is on the least and greatest values of one picture: grids that were searched take as long.
 *
 *     node dist/test/bench/rewrites.js [--runs 60] [--image FILE] [MANIFEST...]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import {
  channelAlignments,
  foldedFrom,
  kernelChoices,
} from '../../runtime/engines/onnxruntime/integer/kernelChoices.js';
import { writeIntegerGraph } from '../../runtime/engines/onnxruntime/integer/writeIntegerGraph.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { foldPixels } from '../../runtime/lowering/foldPixels.js';
import { fuseClip } from '../../runtime/lowering/fuseClip.js';
import { fuseSilu } from '../../runtime/lowering/fuseSilu.js';
import { layoutChannels } from '../../runtime/lowering/layout/layoutChannels.js';
import { unpackHeads } from '../../runtime/lowering/outputs/unpackHeads.js';
import { poolBeforeActivation } from '../../runtime/lowering/poolBeforeActivation.js';
import { translateQdq } from '../../runtime/lowering/qdq/translateQdq.js';
import { detectorOnPicture } from '../helpers/detectorOnPicture.js';
import { imagesOf } from '../helpers/loweredRuns.js';
import { projectRoot, sharedFolder, sharedModels } from '../helpers/paths.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '60' },
    image: { type: 'string', default: join(sharedFolder, 'data/coco-calib/images/000000000285.jpg') },
  },
});
const known = [
  ...sharedModels.map(({ manifest }) => manifest),
  join(projectRoot, 'deploy/demo-model/model/demo-retinanet.json'),
];

/** In the order in which they are done. */
const fusions = { fuseSilu, fuseClip, poolBeforeActivation } as const;
const rewrites = [...Object.keys(fusions), 'foldPixels', 'padded channels', 'unpackHeads'] as const;

function lowered(graph: Graph, without?: string) {
  let integers = translateQdq(graph).graph!;
  for (const [name, rewrite] of Object.entries(fusions)) if (name !== without) integers = rewrite(integers);
  const choices = kernelChoices(integers);
  const folded = without === 'foldPixels' ? integers : foldPixels(integers, foldedFrom[choices.stem]);
  const alignment = channelAlignments[without === 'padded channels' ? 'packed' : choices.channels];
  const laidOut = layoutChannels(folded, alignment);
  const inPieces = without === 'unpackHeads' ? laidOut : unpackHeads(laidOut);
  return { integers: laidOut, graph: writeIntegerGraph(inPieces, choices) };
}

console.log(`Without it, of the time with all; onnxruntime, 1 thread, median of ${options.runs} rounds\n`);
console.log(`| | all, ms | ${rewrites.join(' | ')} |`);
console.log(`|---|---|${rewrites.map(() => '---').join('|')}|`);
for (const path of positionals.length > 0 ? positionals : known) {
  const { manifest, feeds, quantized } = await detectorOnPicture(path, options.image);
  const complete = lowered(quantized);
  const whole = Buffer.from(encodeOnnx(complete.graph));
  const forms = [undefined, ...rewrites].flatMap((without) => {
    const form = without === undefined ? complete : lowered(quantized, without);
    return without !== undefined && whole.equals(encodeOnnx(form.graph)) ? [] : [{ without, ...form }];
  });
  const contestants = await Promise.all(
    forms.map(async ({ without, integers, graph: form }) => ({
      without,
      session: await onnxruntimeEngine.load(form, { threads: 1 }),
      images: imagesOf(integers, feeds),
      ms: [] as number[],
    })),
  );
  for (let run = 0; run < Number(options.runs); run++) {
    // In another order each time: what one form leaves in the caches costs the next one time, or spares it.
    const drawn = contestants.map((contestant) => ({ contestant, rank: Math.random() }));
    for (const { contestant } of drawn.toSorted((a, b) => a.rank - b.rank)) {
      const start = process.cpuUsage();
      await contestant.session.run(contestant.images);
      const { user, system } = process.cpuUsage(start);
      contestant.ms[run] = (user + system) / 1000;
    }
  }
  const [{ ms: all }] = contestants as [(typeof contestants)[number]];
  const ratios = rewrites.map((name) => {
    const found = contestants.find(({ without }) => without === name);
    return found
      ? percentile(
          found.ms.map((ms, run) => ms / all[run]!),
          0.5,
        ).toFixed(2)
      : '–';
  });
  console.log(`| ${[manifest.name, percentile(all, 0.5).toFixed(1), ...ratios].join(' | ')} |`);
  await Promise.all(contestants.map(({ session }) => session.dispose()));
}
