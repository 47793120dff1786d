import { allocate, broadcastStrides, coordinates, offsetOf } from './elements.js';
import type { Evaluate } from './evaluate.js';

interface Operation {
  readonly number: (left: number, right: number) => number;
  readonly bigint: (left: bigint, right: bigint) => bigint;
}

/** Returns what evaluates a broadcasting operator; integer results are cut towards zero, as in ONNX. */
export function arithmetic({ number, bigint }: Operation): Evaluate {
  return (view, output) => {
    const [left, right] = view.constants;
    if (left === undefined || right === undefined || output.dtype === 'float16') return undefined;
    const isInteger = output.dtype !== 'float32' && output.dtype !== 'float64';
    const leftStrides = broadcastStrides(left.dims, output.dims);
    const rightStrides = broadcastStrides(right.dims, output.dims);
    const data = allocate(output);
    for (const [index, position] of coordinates(output.dims)) {
      const x = left.data[offsetOf(position, leftStrides)]!;
      const y = right.data[offsetOf(position, rightStrides)]!;
      if (isInteger && Number(y) === 0 && view.node.opType === 'Div') return undefined;
      if (typeof x === 'bigint' && typeof y === 'bigint') data[index] = bigint(x, y);
      else data[index] = isInteger ? Math.trunc(number(Number(x), Number(y))) : number(Number(x), Number(y));
    }
    return { ...output, data };
  };
}
