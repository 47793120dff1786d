import test from 'ava';
import { onnxruntimeEngine } from '../../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { ownWeights } from '../../../../runtime/engines/onnxruntime/ownWeights.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../../helpers/graphs.js';

/** Two levels of a head: both convolve with one weight, dequantized once or for each. */
function sharedHead({ dequantizedOnce }: { dequantizedOnce: boolean }) {
  const g = graphBuilder();
  const scale = g.constant(float32Tensor([], Float32Array.of(1)));
  const scales = g.constant(float32Tensor([2], Float32Array.of(1, 2)));
  const zeros = g.constant({ dtype: 'int8', dims: [2], data: new Int8Array(2) });
  const uint8Zero = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(0) });
  const codes = g.constant({ dtype: 'int8', dims: [2, 1, 1, 1], data: Int8Array.of(2, -1) });
  const weight = () => g.node('DequantizeLinear', [codes, scales, zeros], { attributes: { axis: 0 } });
  const once = weight();
  const outputs = ['fine', 'coarse'].map((level) => {
    const grid = [scale, uint8Zero];
    const onGrid = (tensor: string) =>
      g.node('DequantizeLinear', [g.node('QuantizeLinear', [tensor, ...grid]), ...grid]);
    const x = onGrid(g.input(level, [1, 1, 1, 2]));
    return onGrid(g.node('Conv', [x, dequantizedOnce ? once : weight()]));
  });
  return { graph: g.build(outputs), outputs, codes };
}

for (const dequantizedOnce of [true, false]) {
  test(`levels that share a weight run, each with its own copy, dequantized once: ${dequantizedOnce}`, async (t) => {
    const { graph, outputs, codes } = sharedHead({ dequantizedOnce });
    const owned = ownWeights(graph);
    t.deepEqual(owned.initializers.get(`${codes}/copy1`), graph.initializers.get(codes));
    const session = await onnxruntimeEngine.load(graph);
    const fine = float32Tensor([1, 1, 1, 2], Float32Array.of(1, 5));
    const coarse = float32Tensor([1, 1, 1, 2], Float32Array.of(7, 200));
    const results = await session.run({ fine, coarse });
    t.deepEqual(
      outputs.map((name) => [...results[name]!.data]),
      [
        [2, 10, 0, 0],
        [14, 255, 0, 0],
      ],
    );
    await session.dispose();
  });
}

test('a graph whose weights have one reader each is returned as it is', (t) => {
  const g = graphBuilder();
  const graph = g.build([g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 3, 3] })]);
  t.is(ownWeights(graph), graph);
});
