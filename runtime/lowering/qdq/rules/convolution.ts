import { intAttribute } from '../../../graph/graph.js';
import type { Convolution } from '../../integerGraph.js';
import { type CodeView, skipsPixels } from '../codeView.js';
import { focusedConvolution } from '../focusedConvolution.js';
import { integerWeights, type WeightCodes, weightCodes } from '../quantizedWeights.js';
import { allCodes, unbounded } from '../translation.js';
import { windowAttributes } from '../windowAttributes.js';
import type { Rule } from './rule.js';

/** A convolution of codes with constant weights. Its output stays open for a grid; without one it is a head. */
export const convolutionRule: Rule = (node, translation) => {
  const [input = '', weight = '', bias] = node.inputs;
  const [name = ''] = node.outputs;
  const view = translation.views.get(input);
  const dims = translation.dims(name);
  const window = windowAttributes(node);
  const weights = weightCodes(translation, weight);
  if (!view || !dims || !window || !weights) return;
  const integers = integerWeights(translation, { weights, bias, inputScale: view.grid.scale });
  if (integers === undefined) return;
  const kernel: Kernel = {
    weights: channelsLast(integers),
    weightShape: channelsLastShape(integers),
    weightScales: integers.scales,
    bias: integers.bias,
    groups: intAttribute(node, 'group', 1),
    ...window,
  };
  const source = skipsPixels(view) ? focusedConvolution(view, kernel) : plainSource(view, kernel);
  if (source === undefined) return;
  const convolution = (output: string, codeRange: readonly [number, number]): Convolution | undefined => {
    const read = source.view ? translation.materialize(source.view) : source.tensor;
    return read === undefined
      ? undefined
      : { kind: 'convolution', input: read, output, ...source.kernel, codeRange };
  };
  // A view that cannot be materialized has to be known now: what a head reads must not fail later.
  if (source.view && source.view.channelDims.length !== 1) return;
  translation.pending.set(name, {
    dims,
    ...unbounded,
    quantized: (output, grid, range) => {
      const operation = convolution(output, range);
      return operation && translation.addOnGrid(operation, { grid, dims });
    },
    ...(kernel.groups === 1 && {
      float: (output: string) => translation.add(convolution(output, allCodes)!, { grid: null, dims }),
    }),
  });
};

/** A convolution but for what it reads and makes. */
export type Kernel = Omit<Convolution, 'kind' | 'input' | 'output' | 'codeRange'>;

/** What a convolution reads: a view still to be materialized, or a tensor. */
export type ConvolutionSource =
  | { readonly view: CodeView; readonly tensor?: undefined; readonly kernel: Kernel }
  | { readonly view?: undefined; readonly tensor: string; readonly kernel: Kernel };

function plainSource(view: CodeView, kernel: Kernel): ConvolutionSource {
  return { view, kernel };
}

function channelsLastShape({ dims: [filters, channels, height, width] }: WeightCodes): Kernel['weightShape'] {
  return [filters, height, width, channels];
}

/** `[O, I, kh, kw]` to `[O, kh, kw, I]` */
function channelsLast({ codes, dims: [filters, channels, height, width] }: WeightCodes): Int8Array {
  const area = height * width;
  const moved = new Int8Array(codes.length);
  for (let o = 0; o < filters; o++)
    for (let c = 0; c < channels; c++)
      for (let at = 0; at < area; at++)
        moved[(o * area + at) * channels + c] = codes[(o * channels + c) * area + at]!;
  return moved;
}
