import type { Graph } from '../../graph/graph.js';
import type { Grid } from '../integerGraph.js';

/** One channel of an integer tensor, read from a pixel on: at `(row + rowStep * y, column + columnStep * x)`. */
export interface ChannelSource {
  readonly tensor: string;
  readonly channel: number;
  readonly row: number;
  readonly column: number;
}

/**
 * A tensor of a QDQ graph as channels of integer tensors. Whatever only moves channels or skips pixels makes another
 * view, and no operation.
 */
export interface CodeView {
  readonly grid: Grid;
  /** In order, row-major over `channelDims`. */
  readonly channels: readonly ChannelSource[];
  /** The dimensions between batch and height: `[C]`, or `[C1, C2]` in the middle of a channel shuffle. */
  readonly channelDims: readonly number[];
  readonly height: number;
  readonly width: number;
  /** Distance of neighbours in a column, in pixels of the tensors read; 1 but in a Focus. */
  readonly rowStep: number;
  /** Of neighbours in a row. */
  readonly columnStep: number;
}

/** Returns the view of all channels of one tensor. */
export function wholeTensor(
  tensor: string,
  { grid, dims }: { readonly grid: Grid; readonly dims: FeatureDims },
): CodeView {
  const [, count, height, width] = dims;
  const channels = Array.from({ length: count }, (_, channel) => ({ tensor, channel, row: 0, column: 0 }));
  return { grid, channels, channelDims: [count], height, width, rowStep: 1, columnStep: 1 };
}

/** `[1, C, H, W]` */
export type FeatureDims = readonly [1, number, number, number];

/** Returns the dimensions of a tensor that is one image's features, else `undefined`. */
export function featureDims(graph: Graph, name: string): FeatureDims | undefined {
  const dims = (graph.values.get(name) ?? [...graph.inputs, ...graph.outputs].find((v) => v.name === name))
    ?.dims;
  return dims?.length === 4 && dims[0] === 1 && dims.every((dim) => typeof dim === 'number')
    ? (dims as unknown as FeatureDims)
    : undefined;
}

export function skipsPixels({ rowStep, columnStep }: CodeView): boolean {
  return rowStep !== 1 || columnStep !== 1;
}

export function sameGrid(a: Grid, b: Grid): boolean {
  return a.scale === b.scale && a.zeroPoint === b.zeroPoint;
}
