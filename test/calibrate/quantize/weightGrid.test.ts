import test from 'ava';
import { dequantizeWeights, roundWeights } from '../../../calibrate/quantize/weightGrid.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';

test('codes are the nearest ones, ties going to the even code, within the range', (t) => {
  const halves = float32Tensor([1, 6], Float32Array.of(0.25, 0.75, -0.25, -0.75, 0.3, 99));
  const grids = { scales: Float32Array.of(0.5), lowest: Int8Array.of(-127) };
  const rounded = roundWeights(halves, grids, 8);
  t.deepEqual([...rounded.codes], [0, 2, 0, -2, 1, 127]);
  t.deepEqual([...dequantizeWeights(rounded)], [0, 1, 0, -1, 0.5, 63.5]);
});

test('every channel has its own step and range', (t) => {
  const weights = float32Tensor([3, 2], Float32Array.of(-1, 1, -1, 1, -1, 1));
  const grids = { scales: Float32Array.of(0.1, 0.1, 0.2), lowest: Int8Array.of(-8, -1, -15) };
  const { codes, dims } = roundWeights(weights, grids, 4);
  t.deepEqual([...codes], [-8, 7, -1, 10, -5, 0]);
  t.deepEqual(dims, [3, 2]);
});
