import { isEmpty } from '../optics/bounds.js';
import type { Layer } from './layer.js';

/** Shorter trails than this, in pixels, are not seen. */
const leastPx = 1.2;

/**
 * Smears a layer along the way that its thing goes while the shutter is open, in pixels: a box filter along the
 * longer axis of the motion. `depth` is extended to where the trail reaches.
 */
export function smear(layer: Layer, motion: { readonly x: number; readonly y: number }): void {
  const longer = Math.max(Math.abs(motion.x), Math.abs(motion.y));
  if (longer < leastPx || isEmpty(layer.bounds)) return;
  const { columns, rows } = layer;
  const half = Math.floor(longer / 2);
  const last = (longer - 1) / 2 - half + 1;
  const source = layer.color.slice(0, 4 * columns * rows);
  const depths = layer.depth.slice(0, columns * rows);
  layer.color.fill(0, 0, source.length);
  for (let step = -half; step <= half; step++) {
    const weight = (Math.abs(step) === half ? Math.max(0, Math.min(1, last)) : 1) / longer;
    const right = Math.round((step * motion.x) / longer);
    const down = Math.round((step * motion.y) / longer);
    const rowFrom = Math.max(0, -down);
    const rowTo = Math.min(rows, rows - down);
    const columnFrom = Math.max(0, -right);
    const columnTo = Math.min(columns, columns - right);
    for (let row = rowFrom; row < rowTo; row++) {
      for (let column = columnFrom; column < columnTo; column++) {
        const from = row * columns + column;
        const alpha = source[4 * from + 3]!;
        if (alpha === 0) continue;
        const to = (row + down) * columns + column + right;
        layer.color[4 * to]! += weight * source[4 * from]!;
        layer.color[4 * to + 1]! += weight * source[4 * from + 1]!;
        layer.color[4 * to + 2]! += weight * source[4 * from + 2]!;
        layer.color[4 * to + 3]! += weight * alpha;
        if (depths[from]! < layer.depth[to]!) layer.depth[to] = depths[from]!;
      }
    }
  }
}
