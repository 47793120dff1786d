import { smoothstep } from '../maths/stableMath.js';
import { frustumFace, type Hit } from './hit.js';
import type { Ray } from './ray.js';
import type { Solid } from './solid.js';

/** A wall whose distance from the axis is middle + slope z. */
interface Wall {
  readonly middle: number;
  readonly slope: number;
}

export interface FrustumForm {
  readonly outer: Wall;
  readonly inner: Wall;
  readonly through: boolean;
}

export function frustumForm({ taper = 1, hollow = 0, through = false }: Solid): FrustumForm {
  const outer = { middle: (1 + taper) / 2, slope: (taper - 1) / 2 };
  const inner = { middle: outer.middle * hollow, slope: outer.slope * hollow };
  return { outer, inner, through };
}

/** Where the floor of a hollow frustum lies. */
const floorZ = -0.9;

/** Finds where a ray from outside meets the frustum: its end, the inside of its hollow, or its side. */
export function hitFrustum(ray: Ray, form: FrustumForm, hit: Hit): boolean {
  const { outer, inner, through } = form;
  const width = outer.middle + outer.slope * ray.originZ;
  const growth = outer.slope * ray.z;
  const a = ray.x * ray.x + ray.y * ray.y - growth * growth;
  const b = ray.originX * ray.x + ray.originY * ray.y - growth * width;
  const c = ray.originX * ray.originX + ray.originY * ray.originY - width * width;
  const discriminant = b * b - a * c;
  if (!(discriminant > 0)) return false;
  const endZ = ray.z < 0 ? 1 : -1;
  place(ray, (endZ - ray.originZ) / ray.z, hit);
  hit.openness = 1;
  const fromAxis = hit.x * hit.x + hit.y * hit.y;
  const radius = outer.middle + outer.slope * endZ;
  if (hit.t > 0 && fromAxis < radius * radius) {
    const hole = inner.middle + inner.slope * endZ;
    if ((through || endZ > 0) && fromAxis < hole * hole) return hitInside(ray, form, hit);
    hit.normalX = 0;
    hit.normalY = 0;
    hit.normalZ = endZ;
    hit.face = endZ > 0 ? frustumFace.top : frustumFace.bottom;
    return true;
  }
  const t = (-b - Math.sqrt(discriminant)) / a;
  if (!(t > 0)) return false;
  place(ray, t, hit);
  if (hit.z < -1 || hit.z > 1) return false;
  hit.normalX = hit.x;
  hit.normalY = hit.y;
  hit.normalZ = -outer.slope * (outer.middle + outer.slope * hit.z);
  hit.face = frustumFace.side;
  return true;
}

/** The ray came in through the open end: it meets the inner wall or the floor, or leaves a ring. */
function hitInside(ray: Ray, { inner, through }: FrustumForm, hit: Hit): boolean {
  place(ray, leaveOf(ray, inner), hit);
  if (through && (hit.z < -1 || hit.z > 1)) return false;
  hit.face = frustumFace.inside;
  if (through || hit.z > floorZ) {
    hit.normalX = -hit.x;
    hit.normalY = -hit.y;
    hit.normalZ = 0;
  } else {
    place(ray, (floorZ - ray.originZ) / ray.z, hit);
    hit.normalX = 0;
    hit.normalY = 0;
    hit.normalZ = 1;
  }
  hit.openness = 0.35 + 0.5 * smoothstep(-1, 1, hit.z);
  return true;
}

/** Returns where a ray from within leaves the wall. */
function leaveOf(ray: Ray, { middle, slope }: Wall): number {
  const width = middle + slope * ray.originZ;
  const growth = slope * ray.z;
  const a = ray.x * ray.x + ray.y * ray.y - growth * growth;
  const b = ray.originX * ray.x + ray.originY * ray.y - growth * width;
  const c = ray.originX * ray.originX + ray.originY * ray.originY - width * width;
  return (-b + Math.sqrt(b * b - a * c)) / a;
}

function place(ray: Ray, t: number, hit: Hit): void {
  hit.t = t;
  hit.x = ray.originX + t * ray.x;
  hit.y = ray.originY + t * ray.y;
  hit.z = ray.originZ + t * ray.z;
}
