import type { Tensor } from '../../../graph/tensor.js';
import type { Convolution, Grid } from '../../integerGraph.js';
import { type CodeView, type FeatureDims, sameGrid, skipsPixels } from '../codeView.js';
import { type Translation, unbounded } from '../translation.js';
import type { Rule } from './rule.js';

/** Add and Mul of two tensors of codes, and Mul by a constant per channel, which is a depthwise convolution. */
export const binaryRule: Rule = ({ opType, inputs, outputs }, translation) => {
  const [name = ''] = outputs;
  const dims = translation.dims(name);
  const [a, b] = inputs.map((input) => translation.views.get(input));
  if (dims === undefined) return;
  if (a && b) {
    if (!fits(a, dims) || !(fits(b, dims) || (opType === 'Mul' && isPerChannel(b, dims)))) return;
    translation.pending.set(name, {
      dims,
      ...unbounded,
      quantized: (output, grid, codeRange) => {
        const first = translation.materialize(a);
        const second = translation.materialize(b);
        if (first === undefined || second === undefined) return undefined;
        const operands = { inputs: [first, second] as const, output };
        if (opType === 'Add')
          return translation.addOnGrid({ kind: 'sum', ...operands, codeRange }, { grid, dims });
        if (codeRange[0] !== 0 || codeRange[1] !== 255) return undefined;
        return translation.addOnGrid({ kind: 'product', ...operands }, { grid, dims });
      },
    });
    return;
  }
  const view = a ?? b;
  const factors = translation.constant(inputs[a ? 1 : 0]);
  if (opType !== 'Mul' || !view || !fits(view, dims) || !factors) return;
  const byChannel = channelFactors(factors, dims);
  if (byChannel === undefined) return;
  translation.pending.set(name, {
    dims,
    ...unbounded,
    quantized: (output, grid, codeRange) =>
      scaledChannels(translation, { view, byChannel, output, grid, codeRange, dims }),
  });
};

interface ChannelScaling {
  readonly view: CodeView;
  readonly byChannel: Float32Array;
  readonly output: string;
  readonly grid: Grid;
  readonly codeRange: readonly [number, number];
  readonly dims: FeatureDims;
}

function scaledChannels(translation: Translation, scaling: ChannelScaling): CodeView | undefined {
  const { view, byChannel, output, codeRange, ...tensor } = scaling;
  const input = translation.materialize(view);
  if (input === undefined) return undefined;
  const channels = byChannel.length;
  const convolution: Convolution = {
    kind: 'convolution',
    input,
    output,
    weights: byChannel.every((factor) => factor !== 0)
      ? new Int8Array(channels).fill(1)
      : Int8Array.from(byChannel, (factor) => (factor === 0 ? 0 : 1)),
    weightShape: [channels, 1, 1, 1],
    weightScales: byChannel.map((factor) => factor || 1),
    bias: new Int32Array(channels),
    strides: [1, 1],
    dilations: [1, 1],
    padding: { top: 0, left: 0, bottom: 0, right: 0 },
    groups: channels,
    codeRange,
  };
  return translation.addOnGrid(convolution, tensor);
}

function channelFactors({ dtype, dims, data }: Tensor, [, channels]: FeatureDims): Float32Array | undefined {
  if (dtype !== 'float32') return undefined;
  if (data.length === 1) return new Float32Array(channels).fill(Number(data[0]));
  const isByChannel = data.length === channels && dims.length >= 3 && dims.at(-3) === channels;
  return isByChannel ? (data as Float32Array) : undefined;
}

function fits(view: CodeView, [, channels, height, width]: FeatureDims): boolean {
  return (
    !skipsPixels(view) && view.channels.length === channels && view.height === height && view.width === width
  );
}

function isPerChannel(view: CodeView, [, channels]: FeatureDims): boolean {
  return fits(view, [1, channels, 1, 1]);
}

/** Concatenation along the channels; members on other grids than the first are requantized once the grid is known. */
export const concatRule: Rule = (node, translation) => {
  const axis = node.attributes.get('axis');
  const [name = ''] = node.outputs;
  const dims = translation.dims(name);
  if (!dims || axis?.type !== 'int' || (axis.value !== 1n && axis.value !== -3n)) return;
  const members = node.inputs.flatMap((input) => translation.views.get(input) ?? []);
  const [first] = members;
  if (first === undefined || members.length !== node.inputs.length) return;
  const [, count, height, width] = dims;
  const { rowStep, columnStep } = first;
  const isAlike = (view: CodeView) =>
    view.rowStep === rowStep && view.columnStep === columnStep && view.channelDims.length === 1;
  if (!members.every(isAlike)) return;
  const joined = (views: readonly CodeView[], grid: Grid): CodeView => ({
    grid,
    channels: views.flatMap(({ channels }) => channels),
    channelDims: [count],
    height,
    width,
    rowStep,
    columnStep,
  });
  if (members.every((view) => sameGrid(view.grid, first.grid))) {
    translation.views.set(name, joined(members, first.grid));
    return;
  }
  translation.pending.set(name, {
    dims,
    ...unbounded,
    quantized: (output, grid) => {
      const moved = members.map((view, k) => translation.onGrid(view, grid, `${output}/member${k}`));
      return moved.every((view) => view !== undefined) ? joined(moved, grid) : undefined;
    },
  });
};
