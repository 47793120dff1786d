import { clamp, roundHalfToEven, weightSpan } from '../../runtime/quantParams.js';
import type { QuantizedWeights, RoundedWeights } from './weightGrid.js';

/** Times that all codes of a row are looked at; most rows change no more after a few. */
const mostSweeps = 8;
/** Times that a row's scale is fitted to its codes, and its codes to that scale. */
const mostFits = 4;

/**
 * Returns, of several roundings of the same weights, each row in the one of least error at the outputs, `|X (w - w^)|^2`, once all
 * are refined: one code after the other is moved to where the error is least with all others as they are, until none moves;
 * then the row's scale to where it is least with the codes as they are; and so on. GPTQ settles each code once, before it knows
 * what those behind it lose, and on a scale chosen for rounding to nearest. The error never grows.
 *
 * @param roundings at least one; of equal error the first
 * @param target `[rows, K]`, what the codes stand for
 * @param gram X^T X, `[K, K]`
 */
export function refineCodes(
  roundings: readonly RoundedWeights[],
  { target, gram, bits }: { target: Float64Array; gram: Float64Array; bits: number },
): QuantizedWeights {
  const { dims } = roundings[0]!;
  const rows = dims[0]!;
  const size = target.length / rows;
  const refined = { dims, codes: new Int8Array(target.length), scales: new Float32Array(rows) };
  const span = weightSpan(bits);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * size, (row + 1) * size];
    const state = new RowState(target.subarray(start, end), gram);
    let least = Number.POSITIVE_INFINITY;
    for (const { codes, scales, lowest } of roundings) {
      state.hold(Int8Array.from(codes.subarray(start, end)));
      const scale = state.refine(scales[row]!, { qmin: lowest[row]!, qmax: lowest[row]! + span });
      const error = state.error(scale);
      if (error >= least) continue;
      least = error;
      refined.codes.set(state.codes, start);
      refined.scales[row] = scale;
    }
  }
  return refined;
}

interface Range {
  readonly qmin: number;
  readonly qmax: number;
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

  /** Takes other codes, and from here on moves these; those before are no longer touched. Most are the same. */
  hold(codes: Int8Array): void {
    for (const [k, code] of codes.entries()) this.#addTo(this.#coded, k, code - this.#codes[k]!);
    this.#codes = codes;
  }

  get codes(): Int8Array {
    return this.#codes;
  }

  /** Moves codes and fits the scale to them in turn; returns the scale. */
  refine(scale: number, range: Range): number {
    let fitted = scale;
    for (let fit = 0; fit < mostFits; fit++) {
      const moved = this.#sweep(fitted, range);
      if (fit > 0 && !moved) break;
      fitted = Math.fround(this.#bestScale(fitted));
    }
    return fitted;
  }

  /** What the error has beyond a constant of the target. */
  error(scale: number): number {
    const { product, power } = this.#fit();
    return scale * (scale * power - 2 * product);
  }

  /** Moves codes until none moves any more; returns whether any did. */
  #sweep(scale: number, { qmin, qmax }: Range): boolean {
    const [codes, gram, wanted, coded] = [this.#codes, this.#gram, this.#wanted, this.#coded];
    const size = codes.length;
    let hasMoved = false;
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
      if (!moved) break;
      hasMoved = true;
    }
    return hasMoved;
  }

  /** Returns the scale that makes the error least with the codes as they are; `scale` where they say nothing. */
  #bestScale(scale: number): number {
    const { product, power } = this.#fit();
    const best = product / power;
    return Number.isFinite(best) && best > 0 ? best : scale;
  }

  /** The codes' products, by the Gram matrix, with the target and with themselves. */
  #fit(): { product: number; power: number } {
    const [codes, target, coded] = [this.#codes, this.#target, this.#coded];
    let [product, power] = [0, 0];
    for (let k = 0; k < codes.length; k++) {
      product += target[k]! * coded[k]!;
      power += codes[k]! * coded[k]!;
    }
    return { product, power };
  }

  /** Adds `amount` times column k of the Gram matrix, which is its row k. */
  #addTo(sums: Float64Array, k: number, amount: number): void {
    if (amount === 0) return;
    const gram = this.#gram;
    const start = k * sums.length;
    for (let j = 0; j < sums.length; j++) sums[j]! += amount * gram[start + j]!;
  }
}
