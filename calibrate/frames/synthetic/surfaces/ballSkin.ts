import type { Color } from '../maths/color.js';
import { diamondAngle } from '../maths/stableMath.js';
import { tableNoise } from '../maths/tableNoise.js';
import type { Surface } from '../solids/solid.js';
import { setColor } from './surface.js';

export const ballKinds = ['plain', 'halves', 'stripe', 'segments', 'spots'] as const;

export interface BallOptions {
  readonly kind: (typeof ballKinds)[number];
  readonly color: Color;
  readonly second: Color;
  readonly gloss: number;
  readonly seed: number;
}

export function ballSkin({ kind, color, second, gloss, seed }: BallOptions): Surface {
  return {
    gloss,
    paint(hit) {
      const worn = 0.92 + 0.14 * tableNoise(6 * hit.x + 5 * hit.z, 6 * hit.y, seed);
      setColor(hit, isSecond(kind, hit) ? second : color, worn);
    },
  };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

function isSecond(kind: BallOptions['kind'], { x, y, z }: Place): boolean {
  if (kind === 'plain') return false;
  if (kind === 'halves') return z > 0;
  if (kind === 'stripe') return Math.abs(z) < 0.22;
  if (kind === 'segments') return (Math.floor(diamondAngle(x, y) * 8) & 1) === 0 || Math.abs(z) > 0.93;
  // The poles of a cube's faces and corners, as on a leather ball.
  const [a, b, c] = [Math.abs(x), Math.abs(y), Math.abs(z)];
  return Math.max(a, b, c) > 0.955 || a + b + c > 1.695;
}
