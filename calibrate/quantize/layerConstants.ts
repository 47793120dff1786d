import type { Graph } from '../../runtime/graph/graph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { correctBias, correctWeights } from './channelCorrection.js';
import type { Layer, QuantizationPlan } from './plan.js';
import { type QuantizedBias, quantizeBias, roomForBias } from './quantizedBias.js';
import type { Quantizers } from './scaleTable.js';
import type { QuantizedWeights } from './weightGrid.js';

/** What the convolutions of a quantized layer read. */
export interface LayerConstants {
  readonly weights: QuantizedWeights;
  /** By a convolution's output; none where it has no bias. In float where what it reads is on no grid. */
  readonly biases: ReadonlyMap<string, QuantizedBias | Tensor>;
}

/** Returns a layer's weights and biases, corrected, on scales on which every bias fits into int32. */
export function layerConstants(
  { graph, plan }: { readonly graph: Graph; readonly plan: QuantizationPlan },
  quantizers: Quantizers,
  layer: Layer,
): LayerConstants {
  const correction = quantizers.corrections[layer.index];
  const read = layer.convs.flatMap((conv) => {
    const bias = correctBias(graph.initializers.get(conv.inputs[2] ?? ''), correction);
    const grid = plan.gridOfTensor.get(conv.inputs[0]!);
    return bias ? [{ conv, bias, grid: grid === undefined ? undefined : quantizers.grids[grid]! }] : [];
  });
  const corrected = correctWeights(quantizers.weights[layer.index]!, correction);
  const weights = read.reduce(
    (roomy, { bias, grid }) => (grid ? roomForBias(roomy, bias, grid) : roomy),
    corrected,
  );
  const biases = new Map(
    read.map(({ conv, bias, grid }) => [conv.outputs[0]!, grid ? quantizeBias(bias, grid, weights) : bias]),
  );
  return { weights, biases };
}
