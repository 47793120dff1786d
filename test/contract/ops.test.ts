import test, { type ExecutionContext } from 'ava';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { enginesUnderTest, tracedToo } from '../helpers/engines.js';
import { runOnce } from '../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../helpers/graphs.js';
import { opCases } from './opCases.js';

/** Cases that an engine refuses: it would compute them wrongly, or, with what it has, slowly. */
const refused: Readonly<Record<string, RegExp>> = {
  webgpu: /^Slice with steps, from the end and backwards$/,
  webnn: /^AveragePool with (ceil_mode|padding that differs|padding, stride 2)/,
  litert: anyOf([
    // XNNPACK packs weights when a model is loaded.
    /^Conv with weights that are fed$/,
    /^MatMul of matrices, stacks and vectors$/,
    // XNNPACK has no such form of the operator, and LiteRT's own kernels are up to ten times as slow.
    /^(Max|Average)Pool of 1x1$/,
    /^(Elu with alpha|Pow and Max of three|Gather of constant indices)$/,
    /^(Pad with zeros and with a value|Slice with steps, from the end and backwards)$/,
    // Their factors are not all whole numbers, or pixels lie where LiteRT does not put them.
    /^Resize (nearest|linear, (?!align))/,
    // Quantized arithmetic is executed in integers, around convolutions, or not at all.
    /^QuantizeLinear|^MaxPool and Concat between quantizers$/,
  ]),
};

/** Each engine's operators against onnxruntime's, which run as the graph stands: codes equal, floats to 1e-5. */
for (const { name, engine, available, isImitated } of tracedToo(await enginesUnderTest())) {
  if (engine === onnxruntimeEngine) continue;
  const engineTest = available ? test : test.skip;

  for (const { title, build, opset, feeds, step } of opCases) {
    const isOnGpu = engine.startsBrowser && !isImitated;
    engineTest(`${name}: ${title}`, async (t) => {
      const g = graphBuilder(opset === undefined ? {} : { opset });
      const graph = g.build(build(g));
      const fed = feeds ?? randomFeeds(graph);
      if (refused[engine.name]?.test(title)) {
        return void (await t.throwsAsync(engine.load(graph), { code: 'op_unsupported' }));
      }
      const expected = await runOnce(graph, fed);
      const session = await engine.load(graph);
      try {
        const got = await session.run(fed);
        for (const { name } of graph.outputs)
          assertAgrees(t, { expected: expected[name]!, got: got[name]!, ...(isOnGpu && { step }) });
      } finally {
        await session.dispose();
      }
    });
  }
}

function assertAgrees(
  t: ExecutionContext,
  { expected, got, step }: { expected: Tensor; got: Tensor; step?: number | undefined },
): void {
  t.is(got.dtype, expected.dtype);
  t.deepEqual(got.dims, expected.dims);
  if (expected.dtype !== 'float32') return void t.deepEqual(got.data, expected.data);
  t.is(got.data.length, expected.data.length);
  const values = got.data as Float32Array;
  let stepsLeft = step === undefined ? 0 : Math.ceil(values.length / 1000);
  const differing = (expected.data as Float32Array).findIndex((value, index) => {
    const tolerance = 1e-5 * Math.max(1, Math.abs(value));
    const distance = Math.abs(values[index]! - value);
    // What is NaN here alone is no difference that a bound would show.
    if (distance <= tolerance) return false;
    const isStep = step !== undefined && Math.abs(distance - step) <= tolerance;
    return !isStep || stepsLeft-- === 0;
  });
  t.is(differing, -1, `element ${differing}: ${values[differing]} in place of ${expected.data[differing]}`);
}

function anyOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'));
}
