import { dot, rotation, turned, type Vector } from '../maths/vector.js';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export interface CameraPose extends ImageSize {
  /** Above the belt, metres. */
  readonly heightM: number;
  /** How far it looks down from the horizon, in turns. */
  readonly pitchTurns: number;
  /** How far it is turned about its own axis, in turns. */
  readonly rollTurns: number;
  /** Focal length in widths of the picture. */
  readonly focal: number;
}

/** A pinhole camera that looks along +y and down. Pixel (column, row) has its centre at +0.5. */
export interface Camera extends ImageSize {
  readonly position: Vector;
  readonly right: Vector;
  readonly down: Vector;
  readonly forward: Vector;
  readonly focalPx: number;
}

/** A point in the picture, pixels, and its depth along the camera's axis, divided by `focalPx`. */
export interface Projected {
  readonly x: number;
  readonly y: number;
  readonly t: number;
}

export function createCamera(pose: CameraPose): Camera {
  const tilt = rotation('tilt', -pose.pitchTurns);
  const roll = rotation('roll', pose.rollTurns);
  const axis = (vector: Vector) => turned(tilt, turned(roll, vector));
  return {
    width: pose.width,
    height: pose.height,
    position: [0, 0, pose.heightM],
    right: axis([1, 0, 0]),
    down: axis([0, 0, -1]),
    forward: axis([0, 1, 0]),
    focalPx: pose.focal * pose.width,
  };
}

/** Returns where a point appears; behind the camera `t` is negative, and `x`, `y` mean nothing. */
export function project(camera: Camera, [x, y, z]: Vector): Projected {
  const from: Vector = [x - camera.position[0], y - camera.position[1], z - camera.position[2]];
  const t = dot(from, camera.forward) / camera.focalPx;
  return {
    x: camera.width / 2 + dot(from, camera.right) / t,
    y: camera.height / 2 + dot(from, camera.down) / t,
    t,
  };
}

/** Returns the direction of the ray through a point of the picture; its length along the axis is `focalPx`. */
export function rayThrough(camera: Camera, x: number, y: number): Vector {
  const across = x - camera.width / 2;
  const along = y - camera.height / 2;
  const component = (axis: 0 | 1 | 2) =>
    camera.forward[axis] * camera.focalPx + camera.right[axis] * across + camera.down[axis] * along;
  return [component(0), component(1), component(2)];
}
