import { isEmpty } from '../optics/bounds.js';
import type { Layer } from './layer.js';

/** Shorter trails than this, in pixels, are not seen. */
const leastPx = 1.2;

/** Smears layers along the way that their things go while the shutter is open. Keeps its memory. */
export class Smear {
  #color = new Float32Array(0);
  #depth = new Float32Array(0);

  /**
   * Box filter along the longer axis of the motion, which is in pixels. `depth` is extended to where the trail
   * reaches.
   */
  apply(layer: Layer, motion: { readonly x: number; readonly y: number }): void {
    const longer = Math.max(Math.abs(motion.x), Math.abs(motion.y));
    if (longer < leastPx || isEmpty(layer.bounds)) return;
    const half = Math.ceil((longer - 1) / 2);
    const share = (longer - 1) / 2 - half + 1;
    this.#take(layer);
    for (let step = -half; step <= half; step++) {
      this.#add(layer, {
        weight: (Math.abs(step) === half ? share : 1) / longer,
        right: Math.round((step * motion.x) / longer),
        down: Math.round((step * motion.y) / longer),
      });
    }
  }

  #take({ color, depth, columns, rows }: Layer): void {
    const pixels = columns * rows;
    if (this.#depth.length < pixels) {
      this.#color = new Float32Array(4 * pixels);
      this.#depth = new Float32Array(pixels);
    }
    this.#color.set(color.subarray(0, 4 * pixels));
    this.#depth.set(depth.subarray(0, pixels));
    color.fill(0, 0, 4 * pixels);
  }

  #add({ color, depth, columns, rows }: Layer, { weight, right, down }: Shift): void {
    const source = this.#color;
    const rowTo = Math.min(rows, rows - down);
    const columnFrom = Math.max(0, -right);
    const columnTo = Math.min(columns, columns - right);
    for (let row = Math.max(0, -down); row < rowTo; row++) {
      let from = row * columns + columnFrom;
      let to = (row + down) * columns + columnFrom + right;
      for (let column = columnFrom; column < columnTo; column++, from++, to++) {
        const alpha = source[4 * from + 3]!;
        if (alpha === 0) continue;
        color[4 * to]! += weight * source[4 * from]!;
        color[4 * to + 1]! += weight * source[4 * from + 1]!;
        color[4 * to + 2]! += weight * source[4 * from + 2]!;
        color[4 * to + 3]! += weight * alpha;
        if (this.#depth[from]! < depth[to]!) depth[to] = this.#depth[from]!;
      }
    }
  }
}

/** Whole pixels. */
interface Shift {
  readonly weight: number;
  readonly right: number;
  readonly down: number;
}
