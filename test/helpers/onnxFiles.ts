import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Graph } from '../../runtime/graph/graph.js';
import { encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { tempFolder } from './tempFolder.js';

/** Writes a graph to a new folder and returns the file's path. */
export async function onnxFile(graph: Graph, name = 'download.onnx'): Promise<string> {
  const path = join(tempFolder(), name);
  await writeFile(path, encodeOnnx(graph));
  return path;
}

/** The graph as exported with dynamic axes: batch, height and width of its input and all of its outputs are open. */
export function openShapes(graph: Graph): Graph {
  return {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, dims: ['batch', 3, 'height', 'width'] })),
    outputs: graph.outputs.map((output) => ({ ...output, dims: output.dims.map((_, axis) => `d${axis}`) })),
    values: new Map(),
  };
}

/** The graph in float16. Weights lose their lower bits. */
export function inFloat16(graph: Graph): Graph {
  return {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, dtype: 'float16' })),
    outputs: graph.outputs.map((output) => ({ ...output, dtype: 'float16' })),
    values: new Map(),
    initializers: new Map([...graph.initializers].map(([name, tensor]) => [name, halved(tensor)])),
  };
}

function halved(tensor: Tensor): Tensor {
  if (tensor.dtype !== 'float32') return tensor;
  return { ...tensor, dtype: 'float16', data: Uint16Array.from(tensor.data as Float32Array, toHalf) };
}

/** Rounds towards zero; what is too small becomes 0. */
function toHalf(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(magnitude));
  const fraction = Math.floor((magnitude / 2 ** exponent - 1) * 1024);
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}
