import type { Draw } from '../maths/draw.js';
import { type Axes, composed, rotation, turned, type Vector } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';

/** A thing as it stands (or lies) at the origin, its lowest point at z = 0. */
export interface Model {
  readonly solids: readonly Solid[];
  /** Half of the extent along x and y, metres. */
  readonly halfX: number;
  readonly halfY: number;
  readonly heightM: number;
  /** A space that other things can lie in, from `floorM` above the ground. */
  readonly inside?: { readonly halfX: number; readonly halfY: number; readonly floorM: number };
  /** It may carry something on its top. */
  readonly flatTop?: boolean;
  /** It is round to the ground: its shadow is an ellipse. */
  readonly round?: boolean;
}

export type Builder = (draw: Draw) => Model;

/** Returns the solids after a turn about the origin and a move. */
export function posed(solids: readonly Solid[], axes: Axes, offset: Vector): Solid[] {
  return solids.map((solid) => {
    const [x, y, z] = turned(axes, solid.center);
    return {
      ...solid,
      center: [x + offset[0], y + offset[1], z + offset[2]],
      axes: composed(axes, solid.axes),
    };
  });
}

/** Returns a thing that stood, about its own axis z, lying along x on its side, rolled by so many turns. */
export function lying(model: Model, { radiusM, rollTurns }: { radiusM: number; rollTurns: number }): Model {
  const half = model.heightM / 2;
  const about = posed(model.solids, rotation('yaw', rollTurns), [0, 0, -half]);
  return {
    solids: posed(about, rotation('roll', 0.25), [0, 0, radiusM]),
    halfX: half,
    halfY: radiusM,
    heightM: 2 * radiusM,
  };
}
