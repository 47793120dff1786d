import test from 'ava';
import { cpuFeatures, cpuName } from '../../../agent/cli/doctor/cpuInfo.js';
import {
  floatSpeedGraph,
  quantizedSpeedGraph,
  speedGraphMacs,
} from '../../../agent/cli/doctor/speedGraph.js';
import { getEngine } from '../../../runtime/engines/registry.js';

test('instruction sets are read from the lists of x86 and of ARM', (t) => {
  const x86 = 'model name\t: Some Xeon\nflags\t\t: fpu avx2 avx512_vnni fma mmx\n';
  t.deepEqual(cpuFeatures(x86), ['avx2', 'avx512_vnni', 'fma']);
  t.is(cpuName(x86), 'Some Xeon');
  const arm =
    'processor\t: 0\nFeatures\t: fp asimd asimddp crc32\n\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n';
  t.deepEqual(cpuFeatures(arm), ['asimd', 'asimddp']);
  t.is(cpuName(arm), 'Raspberry Pi 5 Model B Rev 1.0');
  t.deepEqual(cpuFeatures(''), []);
  t.is(cpuName(''), null);
});

test('the speed graphs run, and the quantized one computes what the float one does', async (t) => {
  const outputs = await Promise.all(
    [floatSpeedGraph(), quantizedSpeedGraph()].map(async ({ graph, feeds }) => {
      const session = await getEngine('onnxruntime').load(graph);
      const { y } = await session.run(feeds);
      await session.dispose();
      return y!.data as Float32Array;
    }),
  );
  const [float, quantized] = outputs as [Float32Array, Float32Array];
  t.is(float.length, quantized.length);
  const largest = float.reduce((max, value) => Math.max(max, value), 0);
  t.true(largest > 0.02);
  const furthest = float.reduce((max, value, at) => Math.max(max, Math.abs(value - quantized[at]!)), 0);
  t.true(furthest < 0.03, `${furthest} of ${largest}`);
  t.is(speedGraphMacs, 4 * 48 * 48 * 64 * 64 * 9);
});
