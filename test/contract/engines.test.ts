import test from 'ava';
import type { Engine, Session } from '../../runtime/engines/engine.js';
import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import { type EngineUnderTest, enginesUnderTest, tracedToo } from '../helpers/engines.js';
import { graphBuilder, randomFeeds } from '../helpers/graphs.js';

/** What every engine has to do, in the caller's thread and in its own. A new engine joins by being in the registry. */
const engines = tracedToo(await enginesUnderTest()).flatMap((tested): EngineUnderTest[] => {
  const { name, engine } = tested;
  const load: Engine['load'] = (graph, options) => engine.load(graph, { ...options, thread: 'own' });
  // In a browser it has its thread anyway.
  return engine.startsBrowser
    ? [tested]
    : [tested, { ...tested, name: `${name} in its own thread`, engine: { ...engine, load } }];
});

for (const { name, engine, available } of engines) {
  const engineTest = available ? test : test.skip;
  const loaded: Session[] = [];

  const load: typeof engine.load = async (graph, options) => {
    const session = await engine.load(graph, options);
    loaded.push(session);
    return session;
  };

  test.after.always(async () => {
    for (const session of loaded) await session.dispose();
  });

  engineTest(`${name}: the probe says that it works, and in which version`, async (t) => {
    const probe = await engine.probe();
    t.true(probe.available, probe.reason);
    t.regex(probe.version ?? '', /^\d+\.\d+/);
  });

  for (const threads of [1, 2]) {
    for (const optimization of ['all', 'none'] as const) {
      engineTest(
        `${name}: convolves exactly with ${threads} threads and optimization ${optimization}`,
        async (t) => {
          const g = graphBuilder();
          const x = g.input('x', [1, 1, 3, 3]);
          const kernel = g.constant(float32Tensor([1, 1, 2, 2], Float32Array.of(1, -1, 2, 0.5)));
          const y = g.relu(g.node('Conv', [x, kernel]));
          const session = await load(g.build([y]), { threads, optimization });
          const image = float32Tensor([1, 1, 3, 3], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, -90));
          const result = await session.run({ x: image });
          // Top left: 1 - 2 + 2 * 4 + 5 / 2 = 9.5; bottom right: 5 - 6 + 2 * 8 - 45 = -30, cut off.
          t.deepEqual(
            unsignedZeros(result[y]!),
            float32Tensor([1, 1, 2, 2], Float32Array.of(9.5, 12, 17, 0)),
          );
        },
      );
    }
  }

  engineTest(`${name}: names and types of inputs and outputs are the graph's`, async (t) => {
    const { session } = await twoOutputs();
    t.deepEqual(session.inputs, [{ name: 'x', dtype: 'float32' }]);
    t.deepEqual(session.outputs, [
      { name: 'positive', dtype: 'float32' },
      { name: 'negative', dtype: 'float32' },
    ]);
  });

  engineTest(`${name}: only the outputs asked for are returned`, async (t) => {
    const { session, x } = await twoOutputs();
    t.deepEqual(await session.run({ x }, ['negative']), {
      negative: float32Tensor([2], Float32Array.of(1, -2)),
    });
    t.deepEqual(Object.keys(await session.run({ x })), ['positive', 'negative']);
  });

  engineTest(`${name}: integers pass through in their own type`, async (t) => {
    const g = graphBuilder();
    const tensors: Record<string, Tensor> = {
      bytes: { dtype: 'uint8', dims: [2], data: Uint8Array.of(0, 255) },
      codes: { dtype: 'int8', dims: [2], data: Int8Array.of(-128, 127) },
      longs: { dtype: 'int64', dims: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
      flags: { dtype: 'bool', dims: [2], data: Uint8Array.of(0, 1) },
    };
    const outputs = Object.entries(tensors).map(([input, { dtype, dims }]) => {
      g.input(input, dims, dtype);
      return g.node('Identity', [input], { name: `${input} out` });
    });
    const session = await load(g.build(outputs));
    const expected = Object.fromEntries(
      Object.entries(tensors).map(([input, tensor]) => [`${input} out`, tensor]),
    );
    t.deepEqual(await session.run(tensors), expected);
  });

  engineTest(`${name}: outputs are the caller's, and a later run leaves them as they are`, async (t) => {
    const { session, x } = await twoOutputs();
    const first = await session.run({ x });
    (first.positive!.data as Float32Array).fill(9);
    const second = await session.run({ x: float32Tensor([2], Float32Array.of(5, 5)) });
    t.deepEqual([...first.positive!.data], [9, 9]);
    t.deepEqual([...second.positive!.data], [5, 5]);
    t.deepEqual([...x.data], [-1, 2]);
  });

  engineTest(`${name}: runs may overlap, and disposing waits for those in flight`, async (t) => {
    const g = graphBuilder();
    const graph = g.build([g.conv(g.input('x', [1, 3, 32, 32]), { weights: [8, 3, 3, 3] })]);
    const session = await engine.load(graph);
    const expected = await session.run(randomFeeds(graph));
    const order: string[] = [];
    const runs = [1, 2, 3].map(async () => {
      const result = await session.run(randomFeeds(graph));
      order.push('run');
      return result;
    });
    const disposed = session.dispose().then(() => order.push('disposed'));
    for (const result of await Promise.all(runs)) t.deepEqual(result, expected);
    await disposed;
    t.deepEqual(order, ['run', 'run', 'run', 'disposed']);
  });

  engineTest(
    `${name}: a session that was disposed of refuses to run, and may be disposed of again`,
    async (t) => {
      const g = graphBuilder();
      const graph = g.build([g.relu(g.input('x', [1]))]);
      const session = await engine.load(graph);
      await session.dispose();
      await session.dispose();
      await t.throwsAsync(session.run(randomFeeds(graph)), { code: 'session_disposed' });
    },
  );

  engineTest(`${name}: an operator that it does not run is refused, naming operator and node`, async (t) => {
    for (const domain of ['', 'com.example']) {
      const g = graphBuilder();
      const y = g.node('Frobnicate', [g.relu(g.input('x', [1]))], { name: 'neck/frob', domain });
      const raw = g.buildRaw([{ name: y, dtype: 'float32', dims: [1] }]);
      const graph = { ...raw, opsets: new Map([...raw.opsets, ['com.example', 1]]) };
      const message = /Frobnicate.*"neck\/frob"/;
      await t.throwsAsync(engine.load(graph), { code: 'op_unsupported', message });
    }
  });

  engineTest(`${name}: a graph that makes no sense is refused`, async (t) => {
    const g = graphBuilder();
    const y = g.node('Add', [g.input('x', [2, 3]), g.weights(2)]);
    const graph = g.buildRaw([{ name: y, dtype: 'float32', dims: [2, 3] }]);
    await t.throwsAsync(engine.load(graph), { code: 'engine_load_failed' });
  });

  engineTest(`${name}: a run with a wrong feed or output fails and leaves the session usable`, async (t) => {
    const { session, x } = await twoOutputs();
    const code = 'engine_run_failed';
    await t.throwsAsync(session.run({}), { code });
    await t.throwsAsync(session.run({ x: float32Tensor([3], new Float32Array(3)) }), { code });
    await t.throwsAsync(session.run({ x: { dtype: 'int8', dims: [2], data: new Int8Array(2) } }), { code });
    await t.throwsAsync(session.run({ x: float32Tensor([2], new Float32Array(1)) }), { code });
    await t.throwsAsync(session.run({ x }, ['nowhere']), { code });
    t.deepEqual([...unsignedZeros((await session.run({ x })).positive!).data], [0, 2]);
  });

  engineTest(`${name}: quantized arithmetic is exact on values that the grid holds`, async (t) => {
    const g = graphBuilder();
    const scalar = (value: number) => g.constant(float32Tensor([], Float32Array.of(value)));
    const scale = scalar(0.5);
    const zeroPoint = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(128) });
    const quantized = g.node('QuantizeLinear', [g.input('x', [1, 1, 1, 4]), scale, zeroPoint]);
    const input = g.node('DequantizeLinear', [quantized, scale, zeroPoint]);
    const codes = g.constant({ dtype: 'int8', dims: [1, 1, 1, 1], data: Int8Array.of(-3) });
    const zero = g.constant({ dtype: 'int8', dims: [], data: Int8Array.of(0) });
    const weights = g.node('DequantizeLinear', [codes, scale, zero]);
    const product = g.node('QuantizeLinear', [g.node('Conv', [input, weights]), scale, zeroPoint]);
    const y = g.node('DequantizeLinear', [product, scale, zeroPoint]);
    const session = await load(g.build([y]));
    const x = float32Tensor([1, 1, 1, 4], Float32Array.of(1, -2, 0, 1000));
    // 1000 is cut to 63.5 = (255 - 128) / 2; its product -95.25 is cut to -64.
    t.deepEqual([...(await session.run({ x }))[y]!.data], [-1.5, 3, 0, -64]);
  });

  // 64 is the largest that an engine may take for safe where products are added in 16 bits.
  for (const largest of [127, 64])
    engineTest(`${name}: sums of the largest products of codes of ${largest} do not saturate`, async (t) => {
      const g = graphBuilder();
      const scalar = (value: number) => g.constant(float32Tensor([], Float32Array.of(value)));
      const one = scalar(1);
      const uint8Zero = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(0) });
      const int8Zero = g.constant({ dtype: 'int8', dims: [], data: Int8Array.of(0) });
      const channels = 64;
      const quantized = g.node('QuantizeLinear', [g.input('x', [1, channels, 8, 8]), one, uint8Zero]);
      const codes = new Int8Array(16 * channels).map((_, index) =>
        index < 8 * channels ? largest : -largest,
      );
      const weights = g.constant({ dtype: 'int8', dims: [16, channels, 1, 1], data: codes });
      const product = g.node('Conv', [
        g.node('DequantizeLinear', [quantized, one, uint8Zero]),
        g.node('DequantizeLinear', [weights, one, int8Zero]),
      ]);
      // One code is one largest product, so that the sums are codes themselves.
      const grid = [
        scalar(255 * largest),
        g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(128) }),
      ];
      const y = g.node('DequantizeLinear', [g.node('QuantizeLinear', [product, ...grid]), ...grid]);
      const session = await load(g.build([y]));
      const x = float32Tensor([1, channels, 8, 8], new Float32Array(channels * 64).fill(255));
      const expected = Array.from({ length: 16 * 64 }, (_, i) => 255 * largest * (i < 8 * 64 ? 64 : -64));
      t.deepEqual([...(await session.run({ x }))[y]!.data], expected);
    });

  engineTest(`${name}: a session that may keep its feeds tells those of one shape apart`, async (t) => {
    const g = graphBuilder();
    const sum = g.node('Add', [g.input('x', [1, 128]), g.input('y', [1, 128])], { name: 'sum' });
    const session = await load(g.build([sum]), { keepsFeeds: true });
    const [zeros, ones, twos] = [0, 1, 2].map((value) =>
      float32Tensor([1, 128], new Float32Array(128).fill(value)),
    );
    const add = async (x: Tensor, y: Tensor) => [
      ...new Set((await session.run({ x, y })).sum!.data as Float32Array),
    ];
    t.deepEqual(await add(ones!, zeros!), [1]);
    t.deepEqual(await add(ones!, twos!), [3]);
    t.deepEqual(await add(twos!, twos!), [4]);
    t.deepEqual(await add(ones!, zeros!), [1]);
  });

  async function twoOutputs() {
    const g = graphBuilder();
    g.input('x', [2]);
    const outputs = [g.node('Relu', ['x'], { name: 'positive' }), g.node('Neg', ['x'], { name: 'negative' })];
    const session = await load(g.build(outputs));
    return { session, x: float32Tensor([2], Float32Array.of(-1, 2)) };
  }
}

/** Whether a zero that was cut off keeps its sign is the engine's to choose. */
function unsignedZeros({ dims, data }: Tensor): Tensor {
  return float32Tensor(
    dims,
    Float32Array.from(data as Float32Array, (value) => value + 0),
  );
}
