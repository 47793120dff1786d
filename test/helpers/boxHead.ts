import type { Head } from '../../runtime/detector/heads/head.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import { float32Tensor } from '../../runtime/graph/tensor.js';

/** Scores by class, then `[x1, y1, x2, y2]`. */
export interface Location {
  readonly scores: readonly number[];
  readonly box: readonly [number, number, number, number];
}

/** Returns a head without any decoding: it reads tensors as `boxOutputs` makes them. */
export function boxHead(numLocations: number, numClasses: number): Head {
  const length = numClasses + 4;
  return {
    outputs: ['rows'],
    numLocations,
    numClasses,
    read: ({ rows }) => {
      const data = rows!.data as Float32Array;
      const scoresOf = (location: number) => data.subarray(location * length, location * length + numClasses);
      return {
        screen: (threshold) => (location) => scoresOf(location).some((score) => !(score < threshold)),
        scores: (location, target, offset) => target.set(scoresOf(location), offset),
        box: (location, target, offset) =>
          target.set(data.subarray(location * length + numClasses, (location + 1) * length), offset),
      };
    },
  };
}

/** Returns the outputs of a network that says exactly this. */
export function boxOutputs(locations: readonly Location[]): TensorMap {
  const rows = locations.flatMap(({ scores, box }) => [...scores, ...box]);
  return { rows: float32Tensor([locations.length, rows.length / locations.length], Float32Array.from(rows)) };
}
