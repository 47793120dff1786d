import type { Color } from '../maths/color.js';
import { hashUnit } from '../maths/noise.js';
import { diamondAngle } from '../maths/stableMath.js';
import { tableNoise } from '../maths/tableNoise.js';
import { frustumFace, type Hit } from '../solids/hit.js';
import type { Surface } from '../solids/solid.js';
import { setColor } from './surface.js';

export const prints = ['none', 'stripes', 'blocks', 'text', 'dots', 'hoops'] as const;

export interface BandedOptions {
  readonly base: Color;
  /** Of the ends. Default: `base`. */
  readonly ends?: Color;
  readonly band: Color;
  readonly ink: Color;
  /** Where along the axis the band lies, within -1..1. */
  readonly from: number;
  readonly to: number;
  readonly print: (typeof prints)[number];
  /** Turns the print about the axis. */
  readonly turns: number;
  readonly gloss: number;
  readonly seed: number;
}

/** A round thing with a band around it, on which something is printed: tins, bottles, tubes, mugs. */
export function banded(options: BandedOptions): Surface {
  const { base, band, ink, from, to, turns, gloss, seed } = options;
  const ends = options.ends ?? base;
  const printed = printer(options);
  return {
    gloss,
    paint(hit) {
      const worn = 0.92 + 0.14 * tableNoise(4 * hit.x + 9 * hit.z, 4 * hit.y - 3 * hit.z, seed);
      if (hit.face !== frustumFace.side) {
        const rim = hit.x * hit.x + hit.y * hit.y;
        setColor(hit, ends, rim > 0.72 && rim < 0.82 ? 0.6 * worn : worn);
        return;
      }
      if (hit.z < from || hit.z > to) {
        setColor(hit, base, worn);
        return;
      }
      const angle = diamondAngle(hit.x, hit.y) + turns;
      setColor(hit, printed(angle - Math.floor(angle), (hit.z - from) / (to - from)) ? ink : band, worn);
    },
  };
}

/** Returns what is printed: at an angle and a height of the band, both 0..1. */
function printer({ print, seed }: BandedOptions): (angle: number, height: number) => boolean {
  const count = 4 + Math.floor(6 * hashUnit(seed, 1, 2));
  const fraction = (value: number) => value - Math.floor(value);
  switch (print) {
    case 'none':
      return () => false;
    case 'stripes':
      return (angle) => fraction(angle * count) < 0.4;
    case 'hoops':
      return (_, height) => fraction(height * (count / 2)) < 0.35;
    case 'dots':
      return (angle, height) => {
        const across = fraction(angle * count) - 0.5;
        const down = fraction(height * 2) - 0.5;
        return across * across + down * down < 0.09;
      };
    case 'blocks':
      return (angle, height) =>
        hashUnit(Math.floor(angle * count), Math.floor(height * 3), seed) < 0.4 &&
        height > 0.1 &&
        height < 0.9;
    case 'text':
      return (angle, height) => {
        const half = fraction(angle * 2);
        const line = Math.floor(height * 5);
        const inLine = height * 5 - line;
        return (
          line > 0 &&
          line < 4 &&
          half > 0.15 &&
          half < 0.85 &&
          inLine > 0.25 &&
          hashUnit(Math.floor(half * 22), line, seed) < 0.62
        );
      };
  }
}

/** Turned or rolled metal: bright and dark along the circumference. */
export function metal(color: Color, seed: number): Surface {
  return {
    gloss: 0.7,
    paint(hit: Hit) {
      const angle =
        hit.face === frustumFace.side ? diamondAngle(hit.x, hit.y) : 0.5 * diamondAngle(hit.y, hit.x);
      const rim = hit.x * hit.x + hit.y * hit.y;
      const groove = hit.face !== frustumFace.side && rim > 0.7 && rim < 0.8 ? 0.55 : 1;
      setColor(hit, color, groove * (0.55 + 0.75 * tableNoise(angle * 9, 0.5, seed)));
    },
  };
}
