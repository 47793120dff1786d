import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import { biasName, clipInput, gridInputs, leakyReluSlope, slopeName } from './insertQuantizers.js';
import { layerConstants } from './layerConstants.js';
import { openGrids } from './openGrids.js';
import type { Layer, QuantizationPlan } from './plan.js';
import { dequantizeBias } from './quantizedBias.js';
import type { Quantizers } from './scaleTable.js';
import { dequantizeWeights } from './weightGrid.js';

/**
 * Returns what the inputs are fed that `insertQuantizers` opens for a layer: its weights, the parameters of its grids and of those settled by them, and the
 * biases and slopes that depend on either, as `quantizers` have them. The graph then computes what it would closed.
 */
export function candidateFeeds(
  { graph, plan }: { readonly graph: Graph; readonly plan: QuantizationPlan },
  quantizers: Quantizers,
  open: Layer,
): TensorMap {
  const { weights } = layerConstants({ graph, plan }, quantizers, open);
  const feeds: Record<string, Tensor> = {
    [open.weight]: float32Tensor(weights.dims, dequantizeWeights(weights)),
  };
  const grids = openGrids(plan, open);
  for (const id of grids) {
    const { scale, zeroPoint, qmax } = quantizers.grids[id]!;
    const names = gridInputs(id);
    feeds[names.scale] = scalar(scale);
    feeds[names.zeroPoint] = { dtype: 'uint8', dims: [], data: Uint8Array.of(zeroPoint) };
    if (qmax < 255) feeds[clipInput(id)] = scalar(scale * (qmax - zeroPoint));
  }
  const isOpen = (tensor: string) => grids.has(plan.gridOfTensor.get(tensor) ?? -1);
  for (const layer of plan.layers) {
    const theirs = layer.convs.filter((conv) => layer === open || isOpen(conv.inputs[0]!));
    if (theirs.length === 0) continue;
    const { biases } = layerConstants({ graph, plan }, quantizers, layer);
    for (const conv of theirs) {
      const bias = biases.get(conv.outputs[0]!);
      if (bias && 'codes' in bias) feeds[biasName(conv)] = dequantizeBias(bias);
    }
  }
  for (const node of graph.nodes) {
    const slope = leakyReluSlope(node, plan, quantizers);
    const isSlopeOpen = [...node.inputs, ...node.outputs].some(isOpen);
    if (slope !== undefined && isSlopeOpen)
      feeds[slopeName(node)] = float32Tensor([1], Float32Array.of(slope));
  }
  return feeds;
}

function scalar(value: number): Tensor {
  return float32Tensor([], Float32Array.of(value));
}
