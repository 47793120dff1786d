import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Session, TensorMap } from '../../../runtime/engines/engine.js';
import { litertEngine } from '../../../runtime/engines/litert/litertEngine.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { decodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { relativeDifference } from '../../helpers/graphRuns.js';
import { randomFeeds } from '../../helpers/graphs.js';
import { litertTest } from '../../helpers/litert.js';
import { fixturesFolder } from '../../helpers/paths.js';

/** A small network as onnxruntime's quantize_static leaves it; see make.py beside the files. */
function foreign(kind: string) {
  const graph = decodeOnnx(readFileSync(join(fixturesFolder, 'foreignQdq', `${kind}.onnx`)), kind);
  return { graph, feeds: randomFeeds(graph) };
}

async function headOf(session: Session, feeds: TensorMap) {
  try {
    return (await session.run(feeds)).head!;
  } finally {
    await session.dispose();
  }
}

const whole = 'lowered to integer operators, 4 of 4 convolutions';

for (const kind of ['per-channel', 'per-tensor', 'signed-activations']) {
  test(`${kind}: a file of quantize_static is lowered whole, to its own outputs`, async (t) => {
    const { graph, feeds } = foreign(kind);
    const expected = await headOf(await onnxruntimeEngine.load(graph), feeds);
    const lowered = await onnxruntimeEngine.forms!.write(graph, {}).load(1);
    t.is(lowered.loweringNote, whole);
    t.true(relativeDifference(expected, await headOf(lowered, feeds)) < 1e-6);
  });

  litertTest(`${kind}: LiteRT takes a file of quantize_static`, async (t) => {
    const { graph, feeds } = foreign(kind);
    const expected = await headOf(await onnxruntimeEngine.load(graph), feeds);
    const session = await litertEngine.load(graph);
    t.is(session.loweringNote, whole);
    // A code or two: nobody chose its grids for kernels that round at other places.
    t.true(relativeDifference(expected, await headOf(session, feeds)) < 0.02);
  });
}

test('weights that do not fit int8 less their zero points run as they stand, with the reason', async (t) => {
  const { graph, feeds } = foreign('asymmetric-weights');
  const expected = await headOf(await onnxruntimeEngine.load(graph), feeds);
  const session = await onnxruntimeEngine.load(graph, { lowering: {} });
  t.regex(
    session.loweringNote!,
    /^runs as it stands: the weights of Conv "stem" are no constants that fit int8/,
  );
  t.deepEqual(await headOf(session, feeds), expected);
});
