import { clamp, roundHalfToEven, weightRange } from '../../runtime/quantParams.js';
import type { QuantizedWeights } from './weightGrid.js';

/** Times that all codes of a row are looked at; most rows change no more after a few. */
const mostSweeps = 8;

/**
 * Returns rounded weights with less error at the outputs, `|X (w - w^)|^2` by row: one code after the other is moved to where
 * the error is least with all others as they are, until none moves; then the row's scale to where it is least with the
 * codes as they are; and the codes once more. GPTQ settles each code once, before it knows what those behind it lose, and
 * on a scale chosen for rounding to nearest. The error never grows.
 *
 * @param target `[rows, K]`, what the codes stand for
 * @param gram X^T X, `[K, K]`
 */
export function refineCodes(
  { dims, codes, scales }: QuantizedWeights,
  { target, gram, bits }: { target: Float64Array; gram: Float64Array; bits: number },
): QuantizedWeights {
  const size = codes.length / scales.length;
  const refined = { dims, codes: Int8Array.from(codes), scales: Float32Array.from(scales) };
  for (let row = 0; row < scales.length; row++) {
    const state = new RowState(
      refined.codes.subarray(row * size, (row + 1) * size),
      target.subarray(row * size, (row + 1) * size),
      gram,
    );
    let scale = scales[row]!;
    state.sweep(scale, bits);
    const fitted = Math.fround(state.bestScale(scale));
    if (fitted !== scale) {
      scale = fitted;
      state.sweep(scale, bits);
    }
    refined.scales[row] = scale;
  }
  return refined;
}

class RowState {
  readonly #codes: Int8Array;
  readonly #target: Float64Array;
  readonly #gram: Float64Array;
  /** `gram` times the row's error. */
  readonly #pull: Float64Array;

  constructor(codes: Int8Array, target: Float64Array, gram: Float64Array) {
    this.#codes = codes;
    this.#target = target;
    this.#gram = gram;
    this.#pull = new Float64Array(codes.length);
  }

  /** Moves codes until none moves any more. */
  sweep(scale: number, bits: number): void {
    const [codes, target, gram, pull] = [this.#codes, this.#target, this.#gram, this.#pull];
    const { qmin, qmax } = weightRange(bits);
    const size = codes.length;
    pull.fill(0);
    for (let k = 0; k < size; k++) this.#addTo(pull, k, target[k]! - scale * codes[k]!);
    for (let sweep = 0; sweep < mostSweeps; sweep++) {
      let moved = false;
      for (let k = 0; k < size; k++) {
        const power = gram[k * size + k]!;
        if (!(power > 0)) continue;
        const code = clamp(roundHalfToEven(codes[k]! + pull[k]! / (power * scale)), qmin, qmax);
        if (code === codes[k]!) continue;
        this.#addTo(pull, k, scale * (codes[k]! - code));
        codes[k] = code;
        moved = true;
      }
      if (!moved) return;
    }
  }

  /** Returns the scale that makes the error least with the codes as they are; `scale` where they say nothing. */
  bestScale(scale: number): number {
    const [codes, target] = [this.#codes, this.#target];
    const size = codes.length;
    const coded = new Float64Array(size);
    for (let k = 0; k < size; k++) if (codes[k] !== 0) this.#addTo(coded, k, codes[k]!);
    let [product, power] = [0, 0];
    for (let k = 0; k < size; k++) {
      product += target[k]! * coded[k]!;
      power += codes[k]! * coded[k]!;
    }
    const best = product / power;
    return Number.isFinite(best) && best !== 0 ? best : scale;
  }

  /** Adds `amount` times column k of the Gram matrix, which is its row k. */
  #addTo(sums: Float64Array, k: number, amount: number): void {
    const gram = this.#gram;
    const start = k * sums.length;
    for (let j = 0; j < sums.length; j++) sums[j]! += amount * gram[start + j]!;
  }
}
