import { intAttribute, intsAttribute } from '../../../graph/graph.js';
import { type SliceRange, sliceRanges } from '../../../graph/passes/shapes/slicing.js';
import { elementCount } from '../../../graph/tensor.js';
import type { CodeView } from '../codeView.js';
import type { Rule } from './rule.js';

/** Slice of channels, or of every n-th row or column from one of the first n on, as in a Focus. */
export const sliceRule: Rule = (node, translation) => {
  const view = translation.views.get(node.inputs[0]!);
  if (view?.channelDims.length !== 1) return;
  const ranges = sliceRanges(translation.nodeView(node));
  const [batch, channels, rows, columns] = ranges;
  if (ranges.length !== 4 || batch!.count !== 1) return;
  if (!isWhole(rows!, view.height) || !isWhole(columns!, view.width)) return;
  translation.views.set(node.outputs[0]!, {
    ...view,
    channels: Array.from({ length: channels!.count }, (_, k) => {
      const source = view.channels[channels!.start + k * channels!.step]!;
      return {
        ...source,
        row: source.row + view.rowStep * rows!.start,
        column: source.column + view.columnStep * columns!.start,
      };
    }),
    channelDims: [channels!.count],
    height: rows!.count,
    width: columns!.count,
    rowStep: view.rowStep * rows!.step,
    columnStep: view.columnStep * columns!.step,
  });
};

/** Whether a range leaves nothing out but what lies between its elements. */
function isWhole({ start, step, count }: SliceRange, size: number): boolean {
  return step >= 1 && start < step && count === Math.ceil((size - start) / step);
}

/** Split of channels. */
export const splitRule: Rule = (node, translation) => {
  const view = translation.views.get(node.inputs[0]!);
  const axis = intAttribute(node, 'axis', 0);
  if (view?.channelDims.length !== 1 || (axis !== 1 && axis !== -3)) return;
  let start = 0;
  for (const output of node.outputs) {
    const size = translation.dims(output)?.[1];
    if (size === undefined) return;
    const channels = view.channels.slice(start, start + size);
    translation.views.set(output, { ...view, channels, channelDims: [size] });
    start += size;
  }
};

/** Blocks of pixels as channels: the first pixel's channels first, row by row. */
export const spaceToDepthRule: Rule = (node, translation) => {
  const view = translation.views.get(node.inputs[0]!);
  const block = intAttribute(node, 'blocksize', 0);
  if (view?.channelDims.length !== 1 || block < 1) return;
  const pixels = Array.from({ length: block ** 2 }, (_, k) => ({
    row: Math.floor(k / block),
    column: k % block,
  }));
  const channels = pixels.flatMap(({ row, column }) =>
    view.channels.map((source) => ({
      ...source,
      row: source.row + view.rowStep * row,
      column: source.column + view.columnStep * column,
    })),
  );
  translation.views.set(node.outputs[0]!, {
    ...view,
    channels,
    channelDims: [channels.length],
    height: view.height / block,
    width: view.width / block,
    rowStep: view.rowStep * block,
    columnStep: view.columnStep * block,
  });
};

/** Gather of channels by constant indices. */
export const gatherRule: Rule = (node, translation) => {
  const view = translation.views.get(node.inputs[0]!);
  const indices = translation.constant(node.inputs[1]);
  if (view?.channelDims.length !== 1 || indices?.dims.length !== 1) return;
  if (intAttribute(node, 'axis', 0) !== 1) return;
  const channels = Array.from(indices.data, Number).map((index) => view.channels.at(index)!);
  translation.views.set(node.outputs[0]!, { ...view, channels, channelDims: [channels.length] });
};

/** Reshape that splits the channels in two dimensions or joins them again, as in a channel shuffle. */
export const reshapeRule: Rule = (node, translation) => {
  const view = translation.views.get(node.inputs[0]!);
  const dims = translation.fixedDims(node.outputs[0]!);
  if (!view || !dims || dims.length < 4 || dims[0] !== 1) return;
  const channelDims = dims.slice(1, -2);
  const keepsImage = dims.at(-2) === view.height && dims.at(-1) === view.width;
  if (!keepsImage || elementCount(channelDims) !== view.channels.length) return;
  translation.views.set(node.outputs[0]!, { ...view, channelDims });
};

/** Transpose of the two dimensions that the channels were split in. */
export const transposeRule: Rule = (node, translation) => {
  const view = translation.views.get(node.inputs[0]!);
  if (view?.channelDims.length !== 2) return;
  if (String(intsAttribute(node, 'perm', [])) !== '0,2,1,3,4') return;
  translation.views.set(node.outputs[0]!, transposed(view));
};

function transposed(view: CodeView): CodeView {
  const [outer = 1, inner = 1] = view.channelDims;
  const channels = view.channels.map((_, k) => view.channels[(k % outer) * inner + Math.floor(k / outer)]!);
  return { ...view, channels, channelDims: [inner, outer] };
}

export const identityRule: Rule = ({ inputs, outputs }, { views, pending }) => {
  const view = views.get(inputs[0]!);
  const waiting = pending.get(inputs[0]!);
  if (view) views.set(outputs[0]!, view);
  if (waiting) pending.set(outputs[0]!, waiting);
};
