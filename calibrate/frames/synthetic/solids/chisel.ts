import { frustumFace, type Hit } from './hit.js';
import type { Ray } from './ray.js';

/** What is left of the thickness at the sharp end. */
const tip = 0.1;
/** The planes are y = +-(middle - slope z), tangent to the cylinder at z = -1. */
const middle = (1 + tip) / 2;
const slope = (1 - tip) / 2;

/**
 * Finds where a ray from outside meets a chisel: a cylinder of radius 1, z in [-1, 1], that two planes cut down to a
 * thin end at z = 1, as the body of a squeeze tube. All of its mantle is `frustumFace.side`.
 */
export function hitChisel(ray: Ray, hit: Hit): boolean {
  const a = ray.x * ray.x + ray.y * ray.y;
  const b = ray.originX * ray.x + ray.originY * ray.y;
  const c = ray.originX * ray.originX + ray.originY * ray.originY - 1;
  const discriminant = b * b - a * c;
  if (!(discriminant > 0)) return false;
  const root = Math.sqrt(discriminant);
  let enter = (-b - root) / a;
  let leave = (-b + root) / a;
  let face = 0;
  // Half-spaces: 1 and 2 are the cutting planes, 3 and 4 the ends.
  for (let plane = 1; plane <= 4; plane++) {
    const sign = (plane & 1) === 1 ? 1 : -1;
    const cutting = plane < 3;
    const height = cutting ? sign * ray.originY + slope * ray.originZ - middle : sign * ray.originZ - 1;
    const rise = cutting ? sign * ray.y + slope * ray.z : sign * ray.z;
    const t = -height / rise;
    if (rise > 0) leave = Math.min(leave, t);
    else if (t > enter) {
      enter = t;
      face = plane;
    }
  }
  if (!(enter > 0 && enter < leave)) return false;
  hit.t = enter;
  hit.openness = 1;
  hit.x = ray.originX + enter * ray.x;
  hit.y = ray.originY + enter * ray.y;
  hit.z = ray.originZ + enter * ray.z;
  const sign = (face & 1) === 1 ? 1 : -1;
  const isEnd = face > 2;
  hit.normalX = face === 0 ? hit.x : 0;
  hit.normalY = face === 0 ? hit.y : isEnd ? 0 : sign;
  hit.normalZ = isEnd ? sign : face === 0 ? 0 : slope;
  hit.face = isEnd ? (sign > 0 ? frustumFace.top : frustumFace.bottom) : frustumFace.side;
  return true;
}
