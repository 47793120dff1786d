/** A ray in a solid's unit coordinates. One is used over and over. */
export class Ray {
  originX = 0;
  originY = 0;
  originZ = 0;
  x = 0;
  y = 0;
  z = 0;
}
