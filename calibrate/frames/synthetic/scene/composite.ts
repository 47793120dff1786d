import { common } from '../optics/bounds.js';
import type { FrameBuffer } from './frameBuffer.js';
import type { Layer } from './layer.js';

/** A thing covers a pixel that it covers by half. */
export const coveredShare = 0.5;

/**
 * Lays the layer of thing `number` over the frame where nothing nearer is.
 *
 * @returns how many pixels the thing would cover alone, within the layer
 */
export function composite(layer: Layer, frame: FrameBuffer, number: number): number {
  const { bounds, columns } = layer;
  const inside = common(bounds, { left: 0, top: 0, right: frame.width, bottom: frame.height });
  for (let row = inside.top; row < inside.bottom; row++) {
    let from = (row - bounds.top) * columns + inside.left - bounds.left;
    let to = row * frame.width + inside.left;
    for (let column = inside.left; column < inside.right; column++, from++, to++) {
      const alpha = layer.color[4 * from + 3]!;
      if (alpha === 0 || layer.depth[from]! > frame.depth[to]!) continue;
      const under = 1 - alpha;
      frame.color[3 * to] = layer.color[4 * from]! + under * frame.color[3 * to]!;
      frame.color[3 * to + 1] = layer.color[4 * from + 1]! + under * frame.color[3 * to + 1]!;
      frame.color[3 * to + 2] = layer.color[4 * from + 2]! + under * frame.color[3 * to + 2]!;
      if (alpha < coveredShare) continue;
      frame.depth[to] = layer.depth[from]!;
      frame.owner[to] = number;
    }
  }
  let covered = 0;
  for (let at = 3; at < 4 * columns * layer.rows; at += 4) if (layer.color[at]! >= coveredShare) covered++;
  return covered;
}
