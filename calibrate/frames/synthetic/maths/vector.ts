import { cosineOfTurns, sineOfTurns } from './stableMath.js';

/** x to the right, y away from the camera, z up; metres where it is a place. */
export type Vector = readonly [number, number, number];

/** The images of the three axes, each a unit vector. */
export type Axes = readonly [Vector, Vector, Vector];

export const worldAxes: Axes = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

export function add(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function scaled(a: Vector, by: number): Vector {
  return [a[0] * by, a[1] * by, a[2] * by];
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function normalized(a: Vector): Vector {
  return scaled(a, 1 / Math.sqrt(dot(a, a)));
}

/** Returns where `axes` take the vector. */
export function turned(axes: Axes, [x, y, z]: Vector): Vector {
  return add(add(scaled(axes[0], x), scaled(axes[1], y)), scaled(axes[2], z));
}

/** Returns the axes that `inner` become when `outer` take them. */
export function composed(outer: Axes, inner: Axes): Axes {
  return [turned(outer, inner[0]), turned(outer, inner[1]), turned(outer, inner[2])];
}

/** Returns a rotation about x (`tilt`), y (`roll`) or z (`yaw`), by so many turns. */
export function rotation(about: 'tilt' | 'roll' | 'yaw', turns: number): Axes {
  const c = cosineOfTurns(turns);
  const s = sineOfTurns(turns);
  if (about === 'tilt') {
    return [
      [1, 0, 0],
      [0, c, s],
      [0, -s, c],
    ];
  }
  if (about === 'roll') {
    return [
      [c, 0, -s],
      [0, 1, 0],
      [s, 0, c],
    ];
  }
  return [
    [c, s, 0],
    [-s, c, 0],
    [0, 0, 1],
  ];
}
