import type { Color } from '../maths/color.js';
import { type Draw, drawAt } from '../maths/draw.js';
import { sineOfTurns } from '../maths/stableMath.js';
import { normalized, type Vector } from '../maths/vector.js';
import type { CameraPose, ImageSize } from '../optics/camera.js';
import type { Belt } from './belt.js';
import type { Site } from './site.js';

/** What stands at a site for as long as the camera hangs there. */
export interface Layout {
  readonly camera: CameraPose;
  readonly belts: readonly Belt[];
  /** Unit vector towards the main lamp. */
  readonly lamp: Vector;
  readonly floorColor: Color;
  readonly wallColor: Color;
  /** Metres in front of the camera. */
  readonly wallM: number;
  readonly density: number;
  readonly seed: number;
}

/** Places in the tree of random choices. */
const drawOfLayout = 1;

/** Returns what the seed chooses within the site's ranges. */
export function layoutOf(site: Site, seed: number, size: ImageSize): Layout {
  const draw = drawAt(seed, drawOfLayout);
  const camera = {
    ...size,
    heightM: draw.between(...site.cameraHeightM),
    pitchTurns: draw.between(...site.pitchTurns),
    rollTurns: draw.between(-0.006, 0.006),
    focal: draw.between(0.88, 1.02),
  };
  return {
    camera,
    belts: belts(site, draw),
    lamp: normalized([draw.between(-0.8, 0.8), draw.between(-0.2, 0.7), 1.25]),
    floorColor: draw.oneOf(site.floorColors),
    wallColor: draw.oneOf(site.wallColors),
    wallM: draw.between(4.6, 6),
    density: draw.between(...site.density),
    seed,
  };
}

/** One belt, or two side by side that run apart or together. */
function belts(site: Site, draw: Draw): Belt[] {
  const headingTurns = draw.between(-0.075, 0.075);
  const endM = draw.between(3.4, 4.6);
  const main: Belt = {
    headingTurns,
    // The belt crosses the middle of the picture.
    offsetM: draw.between(-0.15, 0.15) - 1.2 * sineOfTurns(headingTurns),
    halfWidthM: draw.between(0.36, 0.46),
    endM,
    speedMPerS: draw.between(0.15, 0.4),
    color: draw.oneOf(site.beltColors),
  };
  if (draw.chance(0.35)) return [main];
  const side = headingTurns > 0 ? -1 : 1;
  const halfWidthM = draw.between(0.22, 0.32);
  const second: Belt = {
    headingTurns,
    offsetM: main.offsetM + side * (main.halfWidthM + halfWidthM + draw.between(0.14, 0.4)),
    halfWidthM,
    endM,
    speedMPerS: -draw.between(0.1, 0.3),
    color: draw.oneOf(site.beltColors),
  };
  return [main, second];
}
