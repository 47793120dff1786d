import { LocationValues } from './locationValues.js';
import type { OutputSlot } from './outputSlot.js';

/** Which of a location's values. */
export interface RowPart {
  readonly first: number;
  readonly count: number;
  readonly numLocations: number;
  /** In the tensor, from a location to the next. */
  readonly locationStep: number;
  /** From a value to the next. Default: 1, as in rows. */
  readonly valueStep?: number;
}

/** Returns some of the values of each location, all of which lie in one tensor. */
export function rowValues(slot: OutputSlot, part: RowPart): LocationValues {
  const { numLocations, first, count, locationStep, valueStep = 1 } = part;
  return new LocationValues([slot], {
    tensors: new Uint8Array(numLocations),
    starts: Uint32Array.from({ length: numLocations }, (_, l) => l * locationStep + first * valueStep),
    steps: [valueStep],
    count,
  });
}
