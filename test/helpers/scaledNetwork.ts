import { prepareGraph } from '../../calibrate/quantize/prepareGraph.js';
import { type Scaling, scaleInputs } from '../../calibrate/stages/inputScaling/scaleInputs.js';
import { scalingTensors } from '../../calibrate/stages/inputScaling/scalingFactors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { float32Tensor } from '../../runtime/graph/tensor.js';
import { graphBuilder, randomFeeds } from './graphs.js';
import { peaksOf } from './peaksOf.js';
import { randomFloats } from './random.js';

type Builder = ReturnType<typeof graphBuilder>;

/** Channels of what `unevenNetwork` gives its blocks. */
export const unevenChannels = 8;

/**
 * Returns a network of 12 x 12 pixels: a convolution whose channels' magnitudes lie far apart (1 to 128), a block,
 * and a depthwise and a prediction convolution that read it. `between` names what the block made.
 *
 * @param block gets the tensor `[1, 8, 12, 12]`, returns one `[1, C, H, W]`
 */
export function unevenNetwork(
  block: (g: Builder, features: string) => string,
  { channels = unevenChannels, opset = 13 } = {},
): { graph: Graph; between: string } {
  const g = graphBuilder({ opset });
  const uneven = randomFloats(unevenChannels * 27, 5).map((x, i) => x * 2 ** (Math.floor(i / 27) - 2));
  const weights = g.constant(float32Tensor([unevenChannels, 3, 3, 3], uneven));
  const stem = g.node('Conv', [g.input('x', [1, 3, 12, 12]), weights, g.weights(unevenChannels)], {
    attributes: { pads: [1, 1, 1, 1] },
  });
  const between = block(g, stem);
  const depthwise = g.conv(between, { weights: [channels, 1, 3, 3], pad: 1, group: channels });
  const graph = g.build([g.conv(depthwise, { weights: [2, channels, 1, 1] })]);
  return { graph: prepareGraph(graph), between };
}

/** Returns the graph, scaled by its peaks over a few random images; by default at a strength of 0.75. */
export async function scaledOnRandomImages(graph: Graph, scaling: Partial<Scaling> = {}): Promise<Graph> {
  const inputs = [1, 2, 3].map((seed) => randomFeeds(graph, seed));
  const peaks = await peaksOf(graph, { inputs, tensors: scalingTensors(graph) });
  return scaleInputs(graph, peaks, { strength: 0.75, ...scaling });
}
