import type { Color } from '../maths/color.js';
import { cosineOfTurns, sineOfTurns } from '../maths/stableMath.js';
import { type Axes, rotation, type Vector } from '../maths/vector.js';

/** A conveyor belt: a strip of the plane z = 0. */
export interface Belt {
  /** Its heading, in turns to the right of the direction in which the camera looks. */
  readonly headingTurns: number;
  /** Where its middle line passes the camera, metres to the right. */
  readonly offsetM: number;
  readonly halfWidthM: number;
  /** Where it ends, metres along it from the camera. */
  readonly endM: number;
  /** Towards the camera. */
  readonly speedMPerS: number;
  readonly color: Color;
}

/** Places on a belt: `u` along it, away from the camera, `v` across it from its middle, metres. */
export class BeltFrame {
  /** Takes x to across, y to along. */
  readonly axes: Axes;
  readonly #belt: Belt;
  readonly #sine: number;
  readonly #cosine: number;

  constructor(belt: Belt) {
    this.#belt = belt;
    this.#sine = sineOfTurns(belt.headingTurns);
    this.#cosine = cosineOfTurns(belt.headingTurns);
    this.axes = rotation('yaw', -belt.headingTurns);
  }

  u(x: number, y: number): number {
    return x * this.#sine + y * this.#cosine;
  }

  v(x: number, y: number): number {
    return x * this.#cosine - y * this.#sine - this.#belt.offsetM;
  }

  /** Returns the place in the world. */
  place(u: number, v: number, z: number): Vector {
    const across = v + this.#belt.offsetM;
    return [u * this.#sine + across * this.#cosine, u * this.#cosine - across * this.#sine, z];
  }
}
