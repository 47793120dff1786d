import type { Head, LocationReader } from '../../runtime/detector/heads/head.js';
import type { TensorMap } from '../../runtime/engines/engine.js';

/**
 * Locations with a float score above this matter; so do those where the quantized network newly exceeds it.
 */
const scoreFloor = 0.05;
/** Bounds on the number of locations per image that matter in the float network. */
const minForeground = 50;
const maxForeground = 1000;
/** Probabilities are kept this far from 0 and 1, so that the cross-entropy is finite. */
const probabilityMargin = 6e-6;

/**
 * Lower class scores of the float network count as 0. Where it finds something, what is left out is less than the loss
 * looks at; elsewhere it is little beside a score that newly exceeds the floor, and all of it would take most of a search's
 * memory.
 */
const keptScores = { foreground: 1e-4, background: 0.01 };

/** What the float network says about one image, as far as the loss needs it. */
interface Reference {
  /** Foreground locations F, ascending. */
  readonly locations: Int32Array;
  /** Best class score of each, `[F]`. */
  readonly weights: Float64Array;
  /** `[F, 4]`, input pixels. */
  readonly boxes: Float32Array;
  readonly scores: SparseScores;
}

/** The class scores that are kept, location after location. */
interface SparseScores {
  /** Where each location's scores begin in the others, `[numLocations + 1]`. */
  readonly starts: Uint32Array;
  readonly classIds: Uint16Array;
  /** In 1/65535. */
  readonly values: Uint16Array;
}

/** The two parts of the loss of one image, before they are weighed against each other. */
export interface OdolTerms {
  readonly classification: number;
  readonly localization: number;
}

/**
 * The Object Detection Output Loss: how much an image's *detections* suffer when the network is quantized,
 * measured against the float network's own outputs, without labels or gradients. An ODOL in the sense of
 * arXiv 2304.09785; the construction is ours (detptq.md 3).
 *
 * Per image, F is the locations whose float score reaches 0.05 (at least 50, at most 1000, the best), and G
 * is F with the locations that the quantized network newly lifts above 0.05:
 *
 *     classification = sum over G and classes of |p - q|^2 * BCE(q; p)
 *     localization   = sum over F of score * (1 - GIoU(box, box^))
 *     ODOL           = (classification + lambda * localization) / mean over images of F's total score
 *
 * with p the float and q the quantized class scores. ODOL(float) = 0, and the order of the images is
 * immaterial.
 */
export class Odol {
  readonly #head: Head;
  readonly #references: Reference[] = [];
  readonly #row: Float32Array;
  readonly #referenceRow: Float32Array;
  readonly #box = new Float32Array(4);
  /** Weight of the localization, set once for a model by `balance`. */
  lambda = 1;

  constructor(head: Head) {
    this.#head = head;
    this.#row = new Float32Array(head.numClasses);
    this.#referenceRow = new Float32Array(head.numClasses);
  }

  get images(): number {
    return this.#references.length;
  }

  /** Takes the float network's outputs for one image, by default the next. Nothing of them is kept. */
  addReference(outputs: TensorMap, image = this.images): void {
    const { numLocations, numClasses } = this.#head;
    const reader = this.#head.read(outputs);
    const best = new Float64Array(numLocations);
    for (let location = 0; location < numLocations; location++) {
      reader.scores(location, this.#row, 0);
      for (let c = 0; c < numClasses; c++)
        if (this.#row[c]! > best[location]!) best[location] = this.#row[c]!;
    }
    const locations = foreground(best);
    const scores = this.#sparseScores(reader, { best, locations });
    const boxes = new Float32Array(locations.length * 4);
    for (const [i, location] of locations.entries()) reader.box(location, boxes, i * 4);
    const weights = Float64Array.from(locations, (location) => best[location]!);
    this.#references[image] = { locations, weights, boxes, scores };
  }

  #sparseScores(
    reader: LocationReader,
    { best, locations }: { best: Float64Array; locations: Int32Array },
  ): SparseScores {
    const starts = new Uint32Array(best.length + 1);
    const classIds: number[] = [];
    const values: number[] = [];
    let next = 0;
    for (let location = 0; location < best.length; location++) {
      const isInside = locations[next] === location;
      if (isInside) next++;
      const isForeground = isInside || best[location]! >= scoreFloor;
      const least = isForeground ? keptScores.foreground : keptScores.background;
      if (best[location]! >= least) {
        reader.scores(location, this.#row, 0);
        for (let c = 0; c < this.#row.length; c++) {
          const score = this.#row[c]!;
          if (!(score >= least)) continue;
          classIds.push(c);
          values.push(score * 65535 + 0.5);
        }
      }
      starts[location + 1] = values.length;
    }
    return { starts, classIds: Uint16Array.from(classIds), values: Uint16Array.from(values) };
  }

  /** Returns the loss terms of the quantized network's `outputs` for image `image`. */
  terms(image: number, outputs: TensorMap): OdolTerms {
    const reader = this.#head.read(outputs);
    const reference = this.#references[image]!;
    return {
      classification: this.#classification(reader, reference),
      localization: this.#localization(reader, reference),
    };
  }

  /** Sets lambda so that the two parts weigh alike in `terms`; stays at 1 where either is zero throughout. */
  balance(terms: readonly OdolTerms[]): void {
    const classification = terms.reduce((sum, term) => sum + term.classification, 0);
    const localization = terms.reduce((sum, term) => sum + term.localization, 0);
    this.lambda = classification > 0 && localization > 0 ? classification / localization : 1;
  }

  /** Returns one image's ODOL; the mean over a set of images is that set's ODOL. */
  value({ classification, localization }: OdolTerms): number {
    return (classification + this.lambda * localization) / this.#normalizer;
  }

  get #normalizer(): number {
    const total = this.#references.reduce((sum, { weights }) => sum + weights.reduce((a, b) => a + b, 0), 0);
    return Math.max(total / this.#references.length, 1e-6);
  }

  #classification(reader: LocationReader, { locations, scores }: Reference): number {
    const { numLocations, numClasses } = this.#head;
    const row = this.#row;
    const referenceRow = this.#referenceRow;
    const mayExceed = reader.screen(scoreFloor);
    let sum = 0;
    let next = 0;
    for (let location = 0; location < numLocations; location++) {
      const isForeground = locations[next] === location;
      if (isForeground) next++;
      else if (!mayExceed(location)) continue;
      reader.scores(location, row, 0);
      if (!isForeground && !exceeds(row, scoreFloor)) continue;
      readScores(scores, location, referenceRow);
      for (let c = 0; c < numClasses; c++) {
        const p = referenceRow[c]!;
        const q = Number.isNaN(row[c]) ? 1 : row[c]!;
        const difference = p - q;
        // Most classes differ by less than this, and add nothing that counts.
        if (difference * difference < 1e-8) continue;
        sum += difference * difference * crossEntropy(p, q);
      }
    }
    return sum;
  }

  #localization(reader: LocationReader, { locations, weights, boxes }: Reference): number {
    let sum = 0;
    for (let i = 0; i < locations.length; i++) {
      reader.box(locations[i]!, this.#box, 0);
      sum += weights[i]! * (1 - generalizedIou(boxes, i * 4, this.#box));
    }
    return sum;
  }
}

/** Writes one location's class scores to `row`. */
function readScores({ starts, classIds, values }: SparseScores, location: number, row: Float32Array): void {
  row.fill(0);
  for (let i = starts[location]!; i < starts[location + 1]!; i++) row[classIds[i]!] = values[i]! / 65535;
}

/** The locations at or above the floor, but the best 50 at least and 1000 at most; ascending. */
function foreground(best: Float64Array): Int32Array {
  const above = best.reduce((count, score) => count + (score >= scoreFloor ? 1 : 0), 0);
  const count = Math.min(best.length, Math.max(minForeground, Math.min(maxForeground, above)));
  const order = Int32Array.from(best.keys()).sort((a, b) => best[b]! - best[a]! || a - b);
  return order.subarray(0, count).sort();
}

function exceeds(row: Float32Array, floor: number): boolean {
  for (let c = 0; c < row.length; c++) if (!(row[c]! <= floor)) return true;
  return false;
}

function crossEntropy(p: number, q: number): number {
  const inside = Math.min(1 - probabilityMargin, Math.max(probabilityMargin, q));
  return -p * Math.log(inside) - (1 - p) * Math.log(1 - inside);
}

/**
 * Generalized IoU of the box at `a[offset..]` and `b`, both `[x1, y1, x2, y2]`, in -1..1: IoU less the
 * share of the enclosing box that neither covers (arXiv 1902.09630). Equal boxes have 1, with or without area;
 * else a box with NaN or without area counts as disjoint.
 */
function generalizedIou(a: Float32Array, offset: number, b: Float32Array): number {
  const [ax1, ay1, ax2, ay2] = [a[offset]!, a[offset + 1]!, a[offset + 2]!, a[offset + 3]!];
  const [bx1, by1, bx2, by2] = [b[0]!, b[1]!, b[2]!, b[3]!];
  if (ax1 === bx1 && ay1 === by1 && ax2 === bx2 && ay2 === by2) return 1;
  const width = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1));
  const height = Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  const intersection = width * height;
  const areaA = Math.max(0, ax2 - ax1) * Math.max(0, ay2 - ay1);
  const areaB = Math.max(0, bx2 - bx1) * Math.max(0, by2 - by1);
  const union = areaA + areaB - intersection;
  const hull = (Math.max(ax2, bx2) - Math.min(ax1, bx1)) * (Math.max(ay2, by2) - Math.min(ay1, by1));
  const giou = intersection / (union || 1) - (hull - union) / (hull || 1);
  return Number.isFinite(giou) ? Math.max(-1, giou) : -1;
}
