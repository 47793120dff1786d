import { consumers, type Graph } from '../../runtime/graph/graph.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { type ChannelFunction, identity } from '../quantize/activation.js';
import type { Grid, Layer, QuantizationPlan } from '../quantize/plan.js';
import { decibels } from '../quantize/signalToNoise.js';
import { isReadByChannel } from './isReadByChannel.js';
import { channelsOf, sampleTensors } from './sampleTensors.js';
import { type Feed, runGraph, type Workbench } from './workbench.js';

/**
 * Returns the ratio of signal to quantization noise at the output of every layer, in decibels by layer index: `10
 * log10(mean f^2 / mean (f - q)^2)` over its convolutions, the channels and sampled places. q is what the layer hands on
 * in `quantized`, behind its grid and the activation that alone reads it, as far as it is known which of its functions a
 * channel goes through, everything before it quantized as well; f is the same in `float`.
 *
 * @param network.float, network.quantized with the same names of tensors, types known
 * @param inputs at least one
 * @throws AgentError `aborted`
 */
export async function layerSqnrDb(
  workbench: Workbench,
  { float, quantized, plan }: { float: Graph; quantized: Graph; plan: QuantizationPlan },
  inputs: readonly Feed[],
): Promise<number[]> {
  const tensorsOfLayer = plan.layers.map((layer) => handedOn(float, plan, layer));
  const tensors = [...new Set(tensorsOfLayer.flat())];
  const samples = async (graph: Graph) => {
    const sampled = sampleTensors(graph, tensors);
    return runGraph(workbench, sampled.graph, inputs, (outputs) =>
      // Copied: the engine's outputs are large, and these are all that is kept.
      sampled.read(outputs).map(({ values }) => values.slice()),
    );
  };
  const types = tensorTypes(float);
  const expected = await samples(float);
  const got = await samples(quantized);
  const powers = tensors.map((name, tensor) => {
    const { channels } = channelsOf(fixedDims(types.get(name))!);
    const functions = functionsByChannel(plan.grids[plan.gridOfTensor.get(name) ?? -1], channels);
    const perChannel = expected[0]![tensor]!.length / channels;
    let [signal, noise] = [0, 0];
    for (const [image, values] of expected.entries()) {
      for (const [i, raw] of values[tensor]!.entries()) {
        const own = functions[Math.floor(i / perChannel)]!;
        const value = own(raw);
        signal += value * value;
        noise += (value - own(got[image]![tensor]![i]!)) ** 2;
      }
    }
    return { signal, noise };
  });
  return tensorsOfLayer.map((names) => {
    const ofLayer = names.map((name) => powers[tensors.indexOf(name)]!);
    const sum = (of: 'signal' | 'noise') => ofLayer.reduce((total, power) => total + power[of], 0);
    return decibels(sum('signal'), sum('noise'));
  });
}

/** Returns what each channel of a tensor on `grid` goes through; the identity where that is not known. */
function functionsByChannel(grid: Grid | undefined, channels: number): ChannelFunction['of'][] {
  const { functions } = grid?.activation ?? identity;
  const [inAll] = functions.length === 1 ? functions : identity.functions;
  const byChannel = new Array<ChannelFunction['of']>(channels).fill(inAll!.of);
  if (grid === undefined || !isReadByChannel(grid, channels)) return byChannel;
  for (const { of, channels: own = [] } of functions) for (const channel of own) byChannel[channel] = of;
  return byChannel;
}

/** What a layer's convolutions write or, where an activation is fused to one, what that writes. */
function handedOn(graph: Graph, { gridOfTensor }: QuantizationPlan, { convs }: Layer): string[] {
  const readers = consumers(graph);
  return convs.map(({ outputs: [output] }) => {
    const behind = readers.get(output!)?.[0]?.outputs[0];
    const isFused = !gridOfTensor.has(output!) && behind !== undefined && gridOfTensor.has(behind);
    return isFused ? behind : output!;
  });
}
