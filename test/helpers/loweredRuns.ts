import type { TensorMap } from '../../runtime/engines/engine.js';
import { imageCodes } from '../../runtime/engines/imageCodes.js';
import { inputCodes } from '../../runtime/engines/inputCodes.js';
import {
  type KernelChoices,
  kernelChoices,
} from '../../runtime/engines/onnxruntime/integer/kernelChoices.js';
import { writeIntegerGraph } from '../../runtime/engines/onnxruntime/integer/writeIntegerGraph.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import type { IntegerGraph } from '../../runtime/lowering/integerGraph.js';
import { runIntegerGraph, type Values } from './integerReference.js';

/** Returns the codes of float images, as a session of the integer graph takes them. */
export function imagesOf(graph: IntegerGraph, feeds: TensorMap): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputCodes(graph)).map(([name, codes]) => [name, imageCodes(feeds[name]!, codes)]),
  );
}

/** Returns the values that leave the network, dequantized, `[1, C, H, W]`, as the reference computes them, by float name. */
export function referenceOutputs(graph: IntegerGraph, feeds: TensorMap): Record<string, Tensor> {
  const images = Object.entries(imagesOf(graph, feeds)).map(([name, { data }]) => [name, data as Uint8Array]);
  const values = runIntegerGraph(graph, Object.fromEntries(images));
  return Object.fromEntries(
    graph.outputs.map(({ tensor, floatName }) => [floatName, planes(graph, tensor, values.get(tensor)!)]),
  );
}

function planes({ tensors }: IntegerGraph, name: string, values: Values): Tensor {
  const { shape, grid } = tensors.get(name)!;
  const [, height, width, channels] = shape;
  const area = height * width;
  const data = new Float32Array(area * channels);
  for (let at = 0; at < area; at++)
    for (let c = 0; c < channels; c++) {
      const value = values[at * channels + c]!;
      data[c * area + at] = grid === null ? value : grid.scale * (value - grid.zeroPoint);
    }
  return float32Tensor([1, channels, height, width], data);
}

/** Returns the outputs of an integer graph with its tail, as onnxruntime's integer operators compute them. */
export async function integerOutputs(
  graph: IntegerGraph,
  feeds: TensorMap,
  choices: KernelChoices = kernelChoices(graph),
): Promise<TensorMap> {
  const session = await onnxruntimeEngine.load(writeIntegerGraph(graph, choices));
  try {
    return await session.run(imagesOf(graph, feeds));
  } finally {
    await session.dispose();
  }
}

/** Returns the share of the elements of two tensors on one grid that differ, or infinity where one does by more than a code. */
export function shareOfOtherCodes(expected: Tensor, got: Tensor, scale: number): number {
  if (String(expected.dims) !== String(got.dims)) return Number.POSITIVE_INFINITY;
  const steps = Array.from(expected.data as Float32Array, (value, index) =>
    Math.round(Math.abs(value - Number(got.data[index]!)) / scale),
  );
  if (!steps.every((count) => count <= 1)) return Number.POSITIVE_INFINITY;
  return steps.filter((count) => count > 0).length / steps.length;
}
