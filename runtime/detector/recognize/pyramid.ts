/** Strides that detectors have, the usual ones first. */
const usualStrides: readonly (readonly number[])[] = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [8, 16, 32, 64, 128],
  [4, 8, 16, 32],
  [4, 8, 16, 32, 64],
  [16, 32],
  [16, 32, 64],
  [8, 16],
  [8],
  [16],
  [32],
];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Returns the usual strides whose cells, `perCell` times, are `count` locations, or undefined. */
export function stridesOf(
  count: number,
  { width, height }: Size,
  perCell = 1,
): readonly number[] | undefined {
  return usualStrides.find(
    (strides) =>
      count === perCell * strides.reduce((sum, stride) => sum + cells(stride, { width, height }), 0),
  );
}

const powersOfTwo = [4, 8, 16, 32, 64, 128];

/** Returns the stride of a map of `rows` x `columns`, a power of two if one is, or undefined when it is not of the input's form. */
export function strideOfMap([rows, columns]: readonly [number, number], size: Size): number | undefined {
  return [...powersOfTwo, Math.round(size.height / rows)].find(
    (stride) => Math.ceil(size.height / stride) === rows && Math.ceil(size.width / stride) === columns,
  );
}

/** Returns the usual stride of a level of so many cells, or undefined. */
export function strideOfLevel(count: number, size: Size): number | undefined {
  return powersOfTwo.find((stride) => cells(stride, size) === count);
}

function cells(stride: number, { width, height }: Size): number {
  return Math.ceil(width / stride) * Math.ceil(height / stride);
}
