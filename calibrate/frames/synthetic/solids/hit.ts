/** Faces of a frustum; those of a box are 2 * axis, and one more on the positive side. */
export const frustumFace = { side: 0, top: 1, bottom: 2, inside: 3 } as const;

/** Where a ray meets a solid, in the solid's unit coordinates. One is used over and over: casting allocates nothing. */
export class Hit {
  /** Depth along the camera's axis, divided by the focal length in pixels. */
  t = 0;
  x = 0;
  y = 0;
  z = 0;
  /** The unit shape's normal there; of any length. */
  normalX = 0;
  normalY = 0;
  normalZ = 0;
  face = 0;
  /** How much of the surrounding light gets there: less in the inside of things. */
  openness = 1;
  /** Reflectance, set by the surface; light, after shading. */
  r = 0;
  g = 0;
  b = 0;
}
