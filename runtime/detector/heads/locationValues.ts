import type { TensorMap } from '../../engines/engine.js';
import { OutputInPieces } from '../../engines/outputInPieces.js';
import type { UnpackedOutput } from '../../lowering/outputs/unpackedOutput.js';
import { LocatedValues } from './locatedValues.js';
import { type OutputSlot, slotTensor } from './outputSlot.js';
import { type PlacesInPieces, placesInPieces } from './placesInPieces.js';
import type { ValuePlaces } from './valuePlaces.js';

/** One kind of value that a head has of each location: its class scores, its box. */
export class LocationValues {
  /** The outputs that hold them, those of the places in order. */
  readonly slots: readonly OutputSlot[];
  readonly #places: ValuePlaces;
  #last:
    | { readonly outputs: readonly UnpackedOutput[]; readonly places: PlacesInPieces | undefined }
    | undefined;

  constructor(slots: readonly OutputSlot[], places: ValuePlaces) {
    this.slots = slots;
    this.#places = places;
  }

  /**
   * Returns the values that one run's outputs hold: where they lie, if all outputs come in pieces. Only where those cut through the
   * values of locations each in its own way are they joined first.
   *
   * @throws AgentError `shape_mismatch`
   */
  in(outputs: TensorMap): LocatedValues {
    const tensors = this.slots.map((slot) => slotTensor(slot, outputs));
    const inPieces = tensors.filter((tensor) => tensor instanceof OutputInPieces);
    const places = inPieces.length === tensors.length ? this.#placesIn(inPieces) : undefined;
    if (places === undefined) {
      const data = tensors.map((tensor) => tensor.data as Float32Array);
      return new LocatedValues([{ places: this.#places, data, activation: 'none' }]);
    }
    return new LocatedValues(
      places.map(({ pieces, ...run }) => ({
        ...run,
        data: pieces.map(({ output, source }) => inPieces[output]!.pieces[source]!.data as Float32Array),
      })),
    );
  }

  /** The outputs of a session come in the same pieces in every run. */
  #placesIn(tensors: readonly OutputInPieces[]): PlacesInPieces | undefined {
    const outputs = tensors.map(({ unpacked }) => unpacked);
    const isLast = this.#last?.outputs.every((output, index) => output === outputs[index]);
    if (!isLast) this.#last = { outputs, places: placesInPieces(this.#places, outputs) };
    return this.#last!.places;
  }
}

/** Returns the outputs that hold these values, each once. */
export function slotsOf(values: readonly LocationValues[]): OutputSlot[] {
  return [
    ...new Map(values.flatMap(({ slots }) => slots.map((slot) => [slot.name, slot] as const))).values(),
  ];
}
