import { consumers, type Graph } from '../../runtime/graph/graph.js';
import { raiseOpset } from '../../runtime/graph/passes/raiseOpset.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { clamp } from '../../runtime/quantParams.js';

/**
 * Returns the quantized graph with the codes of `weights` as 4-bit integers, two of which share a byte in the file, less a zero
 * point for each output channel, for its codes may lie anywhere around zero. What they stand for is unchanged, so is what the graph
 * computes; engines take the zero points off and widen the codes when they load it. The graph is then of operator set 21;
 * `undefined` where it cannot be raised to that. Channels whose codes need more than 4 bits stay as they are, with all their tensor.
 *
 * @param weights names of the dequantized weights, such as `Layer.weight`
 */
export function packWeights(graph: Graph, weights: ReadonlySet<string>): Graph | undefined {
  const packed = packedTensors(graph, weights);
  if (packed.size === 0) return graph;
  const raised = raiseOpset(graph, 21);
  return raised && { ...raised, initializers: new Map([...raised.initializers, ...packed]) };
}

/** Codes and zero points by name: of one DequantizeLinear both have the same type. */
function packedTensors(graph: Graph, weights: ReadonlySet<string>): Map<string, Tensor> {
  const readers = consumers(graph);
  const packed = new Map<string, Tensor>();
  for (const { opType, domain, inputs, outputs } of graph.nodes) {
    if (opType !== 'DequantizeLinear' || domain !== '' || !weights.has(outputs[0]!)) continue;
    const [codes, , zeros] = inputs as [string, string, string];
    if (![codes, zeros].every((name) => readers.get(name)!.length === 1)) continue;
    const made = packedCodes(graph.initializers.get(codes)!);
    if (made) packed.set(codes, made.codes).set(zeros, made.zeros);
  }
  return packed;
}

const int4 = { least: -8, greatest: 7 };

/** @param codes int8 `[channels, ...]`, of zero point 0 */
function packedCodes(codes: Tensor): { codes: Tensor; zeros: Tensor } | undefined {
  const given = codes.data as Int8Array;
  const channels = codes.dims[0]!;
  const size = given.length / channels;
  const zeros = new Int8Array(channels);
  const data = new Int8Array(given.length);
  for (let channel = 0; channel < channels; channel++) {
    const own = given.subarray(channel * size, (channel + 1) * size);
    const [least, greatest] = [Math.min(0, ...own), Math.max(0, ...own)];
    if (greatest - least > int4.greatest - int4.least) return undefined;
    const zero = clamp(0, int4.least - least, int4.greatest - greatest);
    zeros[channel] = zero;
    data.set(
      own.map((code) => code + zero),
      channel * size,
    );
  }
  return {
    codes: { ...codes, dtype: 'int4', data },
    zeros: { dtype: 'int4', dims: [channels], data: zeros },
  };
}
