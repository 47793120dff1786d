import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import { correctBias, correctWeights } from './channelCorrection.js';
import { biasName, clipInput, gridInputs } from './insertQuantizers.js';
import type { Layer, QuantizationPlan } from './plan.js';
import { dequantizeBias, quantizeBias } from './quantizedBias.js';
import type { Quantizers } from './scaleTable.js';
import { dequantizeWeights } from './weightGrid.js';

/**
 * Returns what the inputs are fed that `insertQuantizers` opens for a layer: its grids' parameters, its weights, and the
 * biases that are rounded on either, as `quantizers` have them. The graph then computes what it would closed.
 */
export function candidateFeeds(
  { graph, plan }: { readonly graph: Graph; readonly plan: QuantizationPlan },
  quantizers: Quantizers,
  open: Layer,
): TensorMap {
  const weights = correctWeights(quantizers.weights[open.index]!, quantizers.corrections[open.index]);
  const feeds: Record<string, Tensor> = {
    [open.weight]: float32Tensor(weights.dims, dequantizeWeights(weights)),
  };
  for (const id of open.grids) {
    const { scale, zeroPoint, qmax } = quantizers.grids[id]!;
    const names = gridInputs(id);
    feeds[names.scale] = scalar(scale);
    feeds[names.zeroPoint] = { dtype: 'uint8', dims: [], data: Uint8Array.of(zeroPoint) };
    if (qmax < 255) feeds[clipInput(id)] = scalar(scale * (qmax - zeroPoint));
  }
  for (const layer of plan.layers) {
    const correction = quantizers.corrections[layer.index];
    for (const conv of layer.convs) {
      const grid = plan.gridOfTensor.get(conv.inputs[0]!);
      const bias = correctBias(graph.initializers.get(conv.inputs[2] ?? ''), correction);
      if (!bias || grid === undefined || (layer !== open && !open.grids.includes(grid))) continue;
      const ofLayer = correctWeights(quantizers.weights[layer.index]!, correction);
      const rounded = quantizeBias(bias, quantizers.grids[grid]!, ofLayer);
      feeds[biasName(conv)] = rounded ? dequantizeBias(rounded) : bias;
    }
  }
  return feeds;
}

function scalar(value: number): Tensor {
  return float32Tensor([], Float32Array.of(value));
}
