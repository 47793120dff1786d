import test, { type ExecutionContext } from 'ava';
import { loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine, TensorMap } from '../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { enginesUnderTest, tracedToo } from '../helpers/engines.js';
import { runOnce } from '../helpers/graphRuns.js';
import { projectRoot, sharedAvailable, sharedModels } from '../helpers/paths.js';
import { pyramidFrames } from '../helpers/pyramidDetector.js';
import { quantizedModel } from '../helpers/quantizedModel.js';
import { fedName, teacherForced } from '../helpers/teacherForced.js';

/** Whole detectors on each engine against onnxruntime, which runs float graphs as they stand and quantized ones in integers. */
const engines = tracedToo(await enginesUnderTest()).filter(({ engine }) => engine !== onnxruntimeEngine);

const demo = { name: 'the demo detector', manifest: `${projectRoot}deploy/demo-model/model` };
/** The one that an imitated GPU compiles and runs in seconds, with TensorFlow.js. */
const quickest = { engine: 'tfjs-webgl', model: 'yolo-fastest-1.1-xl' };

/** Bits of the weights of those that are quantized too. The others have no operator that these lack, and many codes. */
const weightBits = new Map([
  [demo.name, 4],
  ['nanodet-plus-m_416', 8],
  ['yolox-nano', 8],
]);

for (const { name: model, manifest } of [demo, ...sharedModels]) {
  for (const { name, engine, available, isImitated } of engines) {
    const isQuick = !isImitated || (engine.name === quickest.engine && model === quickest.model);
    const isHere = available && isQuick && (model === demo.name || sharedAvailable);
    // One after the other: what a detector's codes are compared in takes hundreds of megabytes.
    const modelTest = isHere ? test.serial : test.serial.skip;

    const tolerance = engine.startsBrowser ? 1e-3 : 1e-4;

    modelTest(`${name}: ${model} in float is onnxruntime's to ${tolerance}`, async (t) => {
      const { graph, feeds } = await readModel(manifest);
      const expected = await runOnce(graph, feeds);
      const got = await runOn(engine, graph, feeds);
      for (const { name } of graph.outputs) {
        const distance = relativeL2(expected[name]!.data as Float32Array, got[name]!.data as Float32Array);
        t.true(distance <= tolerance, `output ${name} is ${distance} away`);
      }
    });

    const bits = weightBits.get(model);
    if (bits === undefined) continue;
    // Hundreds of outputs read back: a minute on an imitated GPU, which the operators' own cases stand in for. LiteRT is
    // given quantized graphs as a whole, never from codes to codes: see its own tests.
    const codesTest = isImitated || engine.name === 'litert' ? test.serial.skip : modelTest;
    codesTest(`${name}: ${model} with W${bits}A8 has onnxruntime's codes`, async (t) => {
      const { graph, feeds } = await readModel(manifest);
      const quantized = await quantizedModel(graph, { weightBits: bits, feeds });
      const { teacher, pupil, codes } = teacherForced(quantized);
      const expected = await runOn(onnxruntimeEngine, teacher, feeds);
      const fed = Object.fromEntries(codes.map((code) => [fedName(code), expected[code]!]));
      const hasTies = engine.name === 'tfjs-node' && quantizesSigmoids(quantized);
      const share = hasTies ? 1e-5 : 1e-6;
      assertCodes(t, { codes, expected, got: await runOn(engine, pupil, { ...feeds, ...fed }), share });
      if (!isExact(engine) || hasTies) return;
      assertCodes(t, { codes, expected, got: await runOn(engine, teacher, feeds), share });
    });
  }
}

async function readModel(path: string): Promise<{ graph: Graph; feeds: TensorMap }> {
  const { graph, manifest } = await readModelFiles(path);
  const detector = await loadDetector({ manifest, graph }, onnxruntimeEngine);
  try {
    const [frame] = await pyramidFrames(1);
    const { tensor } = await detector.prepare(frame!.bytes);
    return { graph, feeds: { [manifest.input.name]: tensor } };
  } finally {
    await detector.dispose();
  }
}

async function runOn(engine: Engine, graph: Graph, feeds: TensorMap): Promise<TensorMap> {
  const session = await engine.load(graph);
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

function relativeL2(expected: Float32Array, got: Float32Array): number {
  const squared = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  const difference = expected.map((value, index) => value - got[index]!);
  return Math.sqrt(squared(difference) / squared(expected));
}

/**
 * Whether an engine makes onnxruntime's codes from the image on: one that differed would change a tenth of those behind it. GPUs
 * need not divide as IEEE 754 asks.
 */
function isExact({ name }: Engine): boolean {
  return name === 'tfjs-wasm' || name === 'tfjs-node' || name === 'webnn';
}

/** Where the last bit of a Sigmoid decides about a code, all of that code fall the other way: TensorFlow's library has its own. */
function quantizesSigmoids({ nodes }: Graph): boolean {
  const made = new Set(nodes.flatMap(({ opType, outputs }) => (opType === 'Sigmoid' ? outputs : [])));
  return nodes.some(({ opType, inputs }) => opType === 'QuantizeLinear' && made.has(inputs[0]!));
}

function assertCodes(
  t: ExecutionContext,
  {
    codes,
    expected,
    got,
    share,
  }: { codes: readonly string[]; expected: TensorMap; got: TensorMap; share: number },
): void {
  let [count, different] = [0, 0];
  for (const code of codes) {
    const [right, values] = [expected[code]!.data as Uint8Array, got[code]!.data as Uint8Array];
    for (let index = 0; index < right.length; index++) {
      const distance = Math.abs(right[index]! - values[index]!);
      if (distance > 1) t.fail(`${code}[${index}]: expected ${right[index]}, got ${values[index]}`);
      different += distance;
    }
    count += right.length;
  }
  t.true(count > 10_000);
  t.true(different <= share * count, `${different} of ${count} codes differ by one`);
}
