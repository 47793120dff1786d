import type { ImageSize } from '../optics/camera.js';

/** A picture in the making. */
export interface FrameBuffer extends ImageSize {
  /** `[height, width, 3]`, linear light. */
  readonly color: Float32Array;
  /** `[height, width]`, as `Hit.t`: of what covers at least half of the pixel. */
  readonly depth: Float32Array;
  /** `[height, width]`: number of the thing that covers at least half of the pixel, 0 for the backdrop. */
  readonly owner: Uint16Array;
}

export function createFrameBuffer({ width, height }: ImageSize): FrameBuffer {
  const pixels = width * height;
  return {
    width,
    height,
    color: new Float32Array(3 * pixels),
    depth: new Float32Array(pixels),
    owner: new Uint16Array(pixels),
  };
}
