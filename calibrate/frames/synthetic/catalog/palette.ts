import { type Color, hex } from '../maths/color.js';
import type { Draw } from '../maths/draw.js';

/** Colours that every class may have: none gives a class away. */
const colors: readonly Color[] = [
  0xb98a5a, 0xa67c52, 0xd8c3a0, 0xe6e4dc, 0xf2f1ec, 0x9a9c9e, 0x55585c, 0x26272a, 0xb3262a, 0xd9622b,
  0xe5b52c, 0x3f8f4f, 0x20604a, 0x2c5fa8, 0x1f3464, 0x3fa3b5, 0xc9738f, 0x6b3f7d, 0x7a4b2c,
].map(hex);

export const steel = hex(0xc4c7ca);
export const white = hex(0xf2f1ec);

/** The first colours are those of cardboard and paper, cloth and metal. */
const naturalCount = 7;

/** Returns a colour of the palette, a natural one in `natural` of the cases, a little off its sample. */
export function drawColor(draw: Draw, natural = 0.2): Color {
  const color = colors[draw.chance(natural) ? draw.below(naturalCount) : draw.below(colors.length)]!;
  const by = draw.between(0.8, 1.15);
  return [
    color[0] * by * draw.between(0.93, 1.07),
    color[1] * by * draw.between(0.93, 1.07),
    color[2] * by * draw.between(0.93, 1.07),
  ];
}
