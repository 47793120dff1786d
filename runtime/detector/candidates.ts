import type { TensorMap } from '../engines/engine.js';
import type { Head } from './heads/head.js';
import type { ScoredBoxes } from './nms.js';

/** Pairs of a location and a class whose score reaches a threshold, by rising location, then class. */
export interface Candidates extends ScoredBoxes {
  readonly classIds: Uint16Array;
  /** `[count]` */
  readonly locations: Uint32Array;
  /** `[count, 4]`, each `[x1, y1, x2, y2]` in pixels of the network's input, not clipped. */
  readonly boxes: Float32Array;
}

export interface CandidateOptions {
  readonly scoreThreshold: number;
  /**
   * At most so many candidates, those of the highest scores, equal scores by location then class. Default 1000:
   * bounds time and memory however low the threshold is; 10,000 gives the same AP on COCO within 0.03.
   */
  readonly maxCandidates?: number;
}

/**
 * Returns the candidates of one run's outputs with score >= `scoreThreshold`. NaN scores never pass.
 *
 * @throws AgentError `shape_mismatch`
 */
export function collectCandidates(head: Head, outputs: TensorMap, options: CandidateOptions): Candidates {
  const reader = head.read(outputs);
  const list = new CandidateList(options.maxCandidates ?? 1000, options.scoreThreshold);
  const scores = new Float32Array(head.numClasses);
  let { threshold } = list;
  const writer = () => reader.scoresFrom?.(threshold) ?? reader.scores;
  let [mayReach, write] = [reader.screen(threshold), writer()];
  for (let location = 0; location < head.numLocations; location++) {
    if (!mayReach(location)) continue;
    write(location, scores, 0);
    for (let classId = 0; classId < scores.length; classId++) {
      if (scores[classId]! >= list.threshold) list.add(location, classId, scores[classId]!);
    }
    if (list.threshold === threshold) continue;
    threshold = list.threshold;
    [mayReach, write] = [reader.screen(threshold), writer()];
  }
  list.keepBest();
  const { count, locations } = list;
  const boxes = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    if (i > 0 && locations[i] === locations[i - 1]) boxes.copyWithin(4 * i, 4 * i - 4, 4 * i);
    else reader.box(locations[i]!, boxes, 4 * i);
  }
  return {
    count,
    locations: locations.subarray(0, count),
    classIds: list.classIds.subarray(0, count),
    scores: list.scores.subarray(0, count),
    boxes,
  };
}

/** The best `limit` candidates seen so far and up to `limit` more; `threshold` rises as the list fills. */
class CandidateList {
  threshold: number;
  count = 0;
  readonly scores: Float32Array;
  readonly locations: Uint32Array;
  readonly classIds: Uint16Array;
  readonly #limit: number;

  constructor(limit: number, scoreThreshold: number) {
    this.#limit = limit;
    // Scores are held as float32, so they are compared with the nearest float32 of the threshold.
    this.threshold = Math.fround(scoreThreshold);
    this.scores = new Float32Array(2 * limit);
    this.locations = new Uint32Array(2 * limit);
    this.classIds = new Uint16Array(2 * limit);
  }

  add(location: number, classId: number, score: number): void {
    if (this.count === 2 * this.#limit) this.keepBest();
    if (score < this.threshold) return;
    this.scores[this.count] = score;
    this.locations[this.count] = location;
    this.classIds[this.count] = classId;
    this.count++;
  }

  /** Keeps the `limit` best, in the order they were added; of those that tie at the end, the earliest. */
  keepBest(): void {
    if (this.count <= this.#limit) return;
    const { scores, locations, classIds } = this;
    const ranked = scores.slice(0, this.count).sort();
    const cutoff = ranked[this.count - this.#limit]!;
    let tiesLeft = this.#limit;
    for (let i = 0; i < this.count; i++) if (scores[i]! > cutoff) tiesLeft--;
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (scores[i]! < cutoff || (scores[i] === cutoff && tiesLeft-- <= 0)) continue;
      scores[kept] = scores[i]!;
      locations[kept] = locations[i]!;
      classIds[kept] = classIds[i]!;
      kept++;
    }
    this.count = kept;
    this.threshold = cutoff;
  }
}
