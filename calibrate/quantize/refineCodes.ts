import { clamp, roundHalfToEven, weightSpan } from '../../runtime/quantParams.js';
import type { RoundedWeights } from './weightGrid.js';

/** Times that all codes of a row are looked at; most rows change no more after a few. */
const mostSweeps = 8;

/**
 * Returns each of several roundings of the same weights with less error at the outputs, `|X (w - w^)|^2` by row: one code after
 * the other is moved to where the error is least with all others as they are, until none moves; then the row's scale to where it
 * is least with the codes as they are; and the codes once more. GPTQ settles each code once, before it knows what those behind
 * it lose, and on a scale chosen for rounding to nearest. The error never grows.
 *
 * @param target `[rows, K]`, what the codes stand for
 * @param gram X^T X, `[K, K]`
 */
export function refineCodes(
  roundings: readonly RoundedWeights[],
  { target, gram, bits }: { target: Float64Array; gram: Float64Array; bits: number },
): RoundedWeights[] {
  const refined = roundings.map(({ codes, scales, ...kept }) => ({
    ...kept,
    codes: Int8Array.from(codes),
    scales: Float32Array.from(scales),
  }));
  const [rows = 0] = refined[0]?.dims ?? [];
  const size = target.length / rows;
  for (let row = 0; row < rows; row++) {
    const state = new RowState(target.subarray(row * size, (row + 1) * size), gram);
    for (const { codes, scales, lowest } of refined) {
      state.hold(codes.subarray(row * size, (row + 1) * size));
      const scale = scales[row]!;
      const range = { qmin: lowest[row]!, qmax: lowest[row]! + weightSpan(bits) };
      state.sweep(scale, range);
      const fitted = Math.fround(state.bestScale(scale));
      if (fitted !== scale) state.sweep(fitted, range);
      scales[row] = fitted;
    }
  }
  return refined;
}

/** A row of codes that are moved, and what follows from them: a product with the Gram matrix costs more than all the moves. */
class RowState {
  readonly #target: Float64Array;
  readonly #gram: Float64Array;
  /** `gram` times the target. */
  readonly #wanted: Float64Array;
  /** `gram` times the codes. */
  readonly #coded: Float64Array;
  #codes: Int8Array;

  constructor(target: Float64Array, gram: Float64Array) {
    this.#target = target;
    this.#gram = gram;
    this.#wanted = new Float64Array(target.length);
    this.#coded = new Float64Array(target.length);
    this.#codes = new Int8Array(target.length);
    for (const [k, value] of target.entries()) this.#addTo(this.#wanted, k, value);
  }

  /** Takes other codes, and from here on moves these. Most are those that were held. */
  hold(codes: Int8Array): void {
    for (const [k, code] of codes.entries()) this.#addTo(this.#coded, k, code - this.#codes[k]!);
    this.#codes = codes;
  }

  /** Moves codes until none moves any more. */
  sweep(scale: number, { qmin, qmax }: { readonly qmin: number; readonly qmax: number }): void {
    const [codes, gram, wanted, coded] = [this.#codes, this.#gram, this.#wanted, this.#coded];
    const size = codes.length;
    for (let sweep = 0; sweep < mostSweeps; sweep++) {
      let moved = false;
      for (let k = 0; k < size; k++) {
        const power = gram[k * size + k]!;
        if (!(power > 0)) continue;
        const pull = wanted[k]! - scale * coded[k]!;
        const code = clamp(roundHalfToEven(codes[k]! + pull / (power * scale)), qmin, qmax);
        if (code === codes[k]!) continue;
        this.#addTo(coded, k, code - codes[k]!);
        codes[k] = code;
        moved = true;
      }
      if (!moved) return;
    }
  }

  /** Returns the scale that makes the error least with the codes as they are; `scale` where they say nothing. */
  bestScale(scale: number): number {
    const [codes, target, coded] = [this.#codes, this.#target, this.#coded];
    let [product, power] = [0, 0];
    for (let k = 0; k < codes.length; k++) {
      product += target[k]! * coded[k]!;
      power += codes[k]! * coded[k]!;
    }
    const best = product / power;
    return Number.isFinite(best) && best > 0 ? best : scale;
  }

  /** Adds `amount` times column k of the Gram matrix, which is its row k. */
  #addTo(sums: Float64Array, k: number, amount: number): void {
    if (amount === 0) return;
    const gram = this.#gram;
    const start = k * sums.length;
    for (let j = 0; j < sums.length; j++) sums[j]! += amount * gram[start + j]!;
  }
}
