import type { Hit } from './hit.js';
import type { Ray } from './ray.js';

/** Finds where a ray from outside meets the unit sphere. */
export function hitEllipsoid(ray: Ray, hit: Hit): boolean {
  const a = ray.x * ray.x + ray.y * ray.y + ray.z * ray.z;
  const b = ray.originX * ray.x + ray.originY * ray.y + ray.originZ * ray.z;
  const c = ray.originX * ray.originX + ray.originY * ray.originY + ray.originZ * ray.originZ - 1;
  const discriminant = b * b - a * c;
  if (discriminant <= 0) return false;
  const t = (-b - Math.sqrt(discriminant)) / a;
  if (t <= 0) return false;
  hit.t = t;
  hit.openness = 1;
  hit.x = ray.originX + t * ray.x;
  hit.y = ray.originY + t * ray.y;
  hit.z = ray.originZ + t * ray.z;
  hit.normalX = hit.x;
  hit.normalY = hit.y;
  hit.normalZ = hit.z;
  hit.face = 0;
  return true;
}
