import type { Hit } from './hit.js';
import type { Ray } from './ray.js';

/** Finds where a ray from outside meets the box [-1, 1]^3: the last of the three slabs that it enters. */
export function hitBox(ray: Ray, hit: Hit): boolean {
  const inverseX = 1 / ray.x;
  const inverseY = 1 / ray.y;
  const inverseZ = 1 / ray.z;
  const middleX = -ray.originX * inverseX;
  const middleY = -ray.originY * inverseY;
  const middleZ = -ray.originZ * inverseZ;
  const reachX = Math.abs(inverseX);
  const reachY = Math.abs(inverseY);
  const reachZ = Math.abs(inverseZ);
  const enterX = middleX - reachX;
  const enterY = middleY - reachY;
  const enterZ = middleZ - reachZ;
  const t = Math.max(enterX, enterY, enterZ);
  if (!(t > 0 && t < Math.min(middleX + reachX, middleY + reachY, middleZ + reachZ))) return false;
  hit.t = t;
  hit.openness = 1;
  hit.x = ray.originX + t * ray.x;
  hit.y = ray.originY + t * ray.y;
  hit.z = ray.originZ + t * ray.z;
  hit.normalX = 0;
  hit.normalY = 0;
  hit.normalZ = 0;
  if (t === enterX) {
    hit.normalX = ray.x > 0 ? -1 : 1;
    hit.face = ray.x > 0 ? 0 : 1;
  } else if (t === enterY) {
    hit.normalY = ray.y > 0 ? -1 : 1;
    hit.face = ray.y > 0 ? 2 : 3;
  } else {
    hit.normalZ = ray.z > 0 ? -1 : 1;
    hit.face = ray.z > 0 ? 4 : 5;
  }
  return true;
}
