/** Where values of locations are: value v of location l is element `starts[l] + v * steps[tensors[l]]` of tensor `tensors[l]`. */
export interface ValuePlaces {
  /** `[numLocations]` */
  readonly tensors: Uint8Array;
  /** `[numLocations]` */
  readonly starts: Uint32Array;
  /** `[numTensors]` */
  readonly steps: readonly number[];
  /** Of values of one location, > 0. */
  readonly count: number;
}
