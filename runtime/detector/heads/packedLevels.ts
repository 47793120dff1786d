import type { TensorMap } from '../../engines/engine.js';
import type { LocationValues } from './levelValues.js';
import { type OutputSlot, slotData } from './outputSlot.js';

/** One of the parts of a tensor `[1, N, rowLength]` that holds all levels of a pyramid. */
export class PackedLevels implements LocationValues {
  readonly slots: readonly [OutputSlot];
  readonly starts: Uint32Array;
  readonly steps: readonly number[];

  /** @param first which of a row's values is the part's first */
  constructor(slot: OutputSlot, part: { numLevels: number; rowLength: number; first: number }) {
    const { numLevels, rowLength, first } = part;
    this.slots = [slot];
    this.starts = Uint32Array.from(
      { length: slot.length / rowLength },
      (_, location) => location * rowLength + first,
    );
    this.steps = new Array<number>(numLevels).fill(1);
  }

  data(outputs: TensorMap): Float32Array[] {
    const data = slotData(this.slots[0], outputs);
    return this.steps.map(() => data);
  }
}
