import { type Bounds, common, isEmpty, union } from '../optics/bounds.js';
import type { Camera } from '../optics/camera.js';
import { Hit } from '../solids/hit.js';
import { PosedSolid } from '../solids/posedSolid.js';
import { type Lighting, shade } from '../solids/shading.js';
import type { Solid } from '../solids/solid.js';

/** Things with fewer pixels in a side are sampled four times everywhere: their prints would alias. */
const smallPx = 44;
/** Where a pixel is sampled, from its centre: a turned square. */
const samples = [
  [-0.125, -0.375],
  [0.375, -0.125],
  [-0.375, 0.125],
  [0.125, 0.375],
] as const;

/** The picture of one thing alone, up to a quarter beyond the edges of the frame. One is used over and over. */
export class Layer {
  /** Empty, when the thing is out of the picture or reaches behind the camera. */
  bounds: Bounds = { left: 0, top: 0, right: 0, bottom: 0 };
  /** `[rows, columns, 4]` of the bounds: light times coverage, and coverage, 0..1. */
  color = new Float32Array(0);
  /** `[rows, columns]`: depth of the nearest surface at a pixel's centre, Infinity where there is none. */
  depth = new Float32Array(0);
  /** `[rows, columns]`: which face of which solid is at a pixel's centre, 0 for none. */
  #face = new Uint16Array(0);
  readonly #hit = new Hit();
  readonly #camera: Camera;

  constructor(camera: Camera) {
    this.#camera = camera;
  }

  get columns(): number {
    return this.bounds.right - this.bounds.left;
  }

  get rows(): number {
    return this.bounds.bottom - this.bounds.top;
  }

  /** Draws the solids of a thing. Edges, also those between faces, are sampled four times. */
  draw(solids: readonly Solid[], lighting: Lighting): void {
    const posed = solids.map((solid) => new PosedSolid(solid, this.#camera));
    this.#clear(this.#boundsOf(posed));
    if (isEmpty(this.bounds)) return;
    for (const [index, solid] of posed.entries()) this.#cover(solid, { lighting, code: 8 * (index + 1) });
    this.#refine(posed, lighting);
  }

  /** Takes the light away and leaves the coverage. */
  blacken(): void {
    const { color } = this;
    for (let at = 0; at < 4 * this.columns * this.rows; at += 4) color.fill(0, at, at + 3);
  }

  #boundsOf(solids: readonly PosedSolid[]): Bounds {
    const { width, height } = this.#camera;
    const frame = { left: 0, top: 0, right: width, bottom: height };
    const around = { left: -width / 4, top: -height / 4, right: 1.25 * width, bottom: 1.25 * height };
    const none = { left: 0, top: 0, right: 0, bottom: 0 };
    const all = solids.map(({ bounds }) => bounds);
    if (!all.every((bounds) => bounds !== undefined)) return none;
    const whole = union(all);
    return isEmpty(common(whole, frame)) ? none : common(whole, around);
  }

  #clear(bounds: Bounds): void {
    this.bounds = bounds;
    const pixels = this.columns * this.rows;
    if (this.depth.length < pixels) {
      this.color = new Float32Array(4 * pixels);
      this.depth = new Float32Array(pixels);
      this.#face = new Uint16Array(pixels);
    }
    this.color.fill(0, 0, 4 * pixels);
    this.depth.fill(Infinity, 0, pixels);
    this.#face.fill(0, 0, pixels);
  }

  #cover(solid: PosedSolid, { lighting, code }: { lighting: Lighting; code: number }): void {
    const { left, top } = this.bounds;
    const area = common(solid.bounds ?? this.bounds, this.bounds);
    const hit = this.#hit;
    for (let row = area.top; row < area.bottom; row++) {
      let at = (row - top) * this.columns + area.left - left;
      for (let column = area.left; column < area.right; column++, at++) {
        if (!solid.cast(column + 0.5, row + 0.5, hit) || hit.t >= this.depth[at]!) continue;
        this.depth[at] = hit.t;
        this.#face[at] = code + hit.face;
        shade(solid, lighting, hit);
        this.color[4 * at] = hit.r;
        this.color[4 * at + 1] = hit.g;
        this.color[4 * at + 2] = hit.b;
        this.color[4 * at + 3] = 1;
      }
    }
  }

  #refine(solids: readonly PosedSolid[], lighting: Lighting): void {
    const { columns, rows, bounds } = this;
    const face = this.#face;
    const everywhere = columns < smallPx && rows < smallPx;
    for (let row = 1; row < rows - 1; row++) {
      for (let column = 1; column < columns - 1; column++) {
        const at = row * columns + column;
        const here = face[at]!;
        const inside =
          here === face[at - 1] &&
          here === face[at + 1] &&
          here === face[at - columns] &&
          here === face[at + columns];
        if (inside && (here === 0 || !everywhere)) continue;
        this.#resample(solids, { at, x: bounds.left + column + 0.5, y: bounds.top + row + 0.5, lighting });
      }
    }
  }

  #resample(
    solids: readonly PosedSolid[],
    pixel: { at: number; x: number; y: number; lighting: Lighting },
  ): void {
    const { at, x, y, lighting } = pixel;
    const hit = this.#hit;
    let r = 0;
    let g = 0;
    let b = 0;
    let covered = 0;
    for (let sample = 0; sample < 4; sample++) {
      const sampleX = x + samples[sample]![0];
      const sampleY = y + samples[sample]![1];
      let nearest = Infinity;
      let front: PosedSolid | undefined;
      for (const solid of solids) {
        if (solid.cast(sampleX, sampleY, hit) && hit.t < nearest) {
          nearest = hit.t;
          front = solid;
        }
      }
      if (front === undefined) continue;
      if (solids.length > 1) front.cast(sampleX, sampleY, hit);
      shade(front, lighting, hit);
      r += hit.r;
      g += hit.g;
      b += hit.b;
      covered++;
      if (nearest < this.depth[at]!) this.depth[at] = nearest;
    }
    this.color[4 * at] = r / 4;
    this.color[4 * at + 1] = g / 4;
    this.color[4 * at + 2] = b / 4;
    this.color[4 * at + 3] = covered / 4;
  }
}
