import { mix } from './stableMath.js';

/** Reflectance or light in linear RGB; 1 is a white surface in full light. */
export type Color = readonly [number, number, number];

/** Returns the linear colour of `0xrrggbb`; a display's gamma is taken as 2. */
export function hex(rgb: number): Color {
  const square = (byte: number) => (byte / 255) * (byte / 255);
  return [square((rgb >> 16) & 255), square((rgb >> 8) & 255), square(rgb & 255)];
}

export function mixed(a: Color, b: Color, share: number): Color {
  return [mix(a[0], b[0], share), mix(a[1], b[1], share), mix(a[2], b[2], share)];
}

export function dimmed(color: Color, by: number): Color {
  return [color[0] * by, color[1] * by, color[2] * by];
}
