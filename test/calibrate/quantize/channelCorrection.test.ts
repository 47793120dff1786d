import test from 'ava';
import { correctBias, correctWeights } from '../../../calibrate/quantize/channelCorrection.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { dequantizeWeights } from '../../../calibrate/quantize/weightGrid.js';
import { everywhere, quantizedGraph } from '../../../calibrate/search/problem.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { pyramidProblem } from '../../helpers/searchProblem.js';

test('gain * y + offset goes into scales and bias, codes stay', (t) => {
  const weights = { dims: [2, 1, 1, 1], codes: Int8Array.of(3, -4), scales: Float32Array.of(0.5, 0.25) };
  const correction = { gain: Float32Array.of(1.5, 0.75), offset: Float32Array.of(0, -1) };
  const corrected = correctWeights(weights, correction);
  t.is(corrected.codes, weights.codes);
  t.deepEqual([...dequantizeWeights(corrected)], [2.25, -0.75]);
  t.deepEqual([...correctBias(float32Tensor([2], Float32Array.of(2, 4)), correction)!.data], [3, 2]);
  t.deepEqual([...correctBias(undefined, correction)!.data], [0, -1], 'a bias is made where there is none');
  t.is(correctWeights(weights, undefined), weights);
  t.is(correctBias(undefined, undefined), undefined);
});

test('a corrected prediction layer writes the corrected outputs', async (t) => {
  const problem = await pyramidProblem({ images: 1 });
  const layer = problem.plan.layers.findLast(({ role }) => role === 'prediction')!;
  const channels = problem.graph.initializers.get(layer.weight)!.dims[0]!;
  const correction = {
    gain: Float32Array.from({ length: channels }, (_, i) => 0.8 + 0.01 * i),
    offset: Float32Array.from({ length: channels }, (_, i) => 0.1 * i - 0.2),
  };
  const output = layer.convs[0]!.outputs[0]!;
  const outputOf = async (corrections: (typeof correction | undefined)[]) => {
    const graph = quantizedGraph(
      { ...problem, table: { ...problem.table, corrections } },
      everywhere(problem, indexOfP(2)),
    );
    const info = problem.graph.values.get(output)!;
    return (await runOnce({ ...graph, outputs: [info] }, problem.inputs[0]!))[output]!;
  };
  const plain = await outputOf(problem.plan.layers.map(() => undefined));
  const corrected = await outputOf(
    problem.plan.layers.map(({ index }) => (index === layer.index ? correction : undefined)),
  );
  const plane = plain.data.length / channels;
  const largest = Math.max(...[...(plain.data as Float32Array)].map(Math.abs));
  for (const [i, value] of [...(plain.data as Float32Array)].entries()) {
    const channel = Math.floor(i / plane);
    const expected = correction.gain[channel]! * value + correction.offset[channel]!;
    t.true(Math.abs(Number(corrected.data[i]) - expected) < 1e-3 * largest, `${i}: ${expected}`);
  }
});
