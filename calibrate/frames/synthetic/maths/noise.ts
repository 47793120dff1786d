/** Returns 32 bits that depend on every bit of the three whole numbers. */
export function hashBits(a: number, b: number, c: number): number {
  return mixedBits(Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d)) >>> 0;
}

/** Returns a number in [0, 1) that depends on the three whole numbers only. */
export function hashUnit(a: number, b: number, c: number): number {
  return hashBits(a, b, c) / 2 ** 32;
}

/** Returns value noise, 0..1: random at whole coordinates and smooth between them. */
export function valueNoise(x: number, y: number, seed: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const across = x - left;
  const down = y - top;
  const right = across * across * (3 - 2 * across);
  const below = down * down * (3 - 2 * down);
  // `hashUnit` of the four corners, with what they have in common taken out: this is the hottest function.
  const salt = Math.imul(seed, 0xc2b2ae3d);
  const upper = Math.imul(top, 0x85ebca77) ^ salt;
  const lower = Math.imul(top + 1, 0x85ebca77) ^ salt;
  const first = Math.imul(left, 0x9e3779b1);
  const second = Math.imul(left + 1, 0x9e3779b1);
  const above = unitOf(first ^ upper) * (1 - right) + unitOf(second ^ upper) * right;
  const beneath = unitOf(first ^ lower) * (1 - right) + unitOf(second ^ lower) * right;
  return above * (1 - below) + beneath * below;
}

function unitOf(bits: number): number {
  return (mixedBits(bits) >>> 0) * 2 ** -32;
}

function mixedBits(word: number): number {
  let bits = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return bits ^ (bits >>> 15);
}

/** Returns three octaves of value noise, 0..1: clouds, stains, wear. */
export function cloudNoise(x: number, y: number, seed: number): number {
  const coarse = valueNoise(x, y, seed);
  const middle = valueNoise(2.03 * x + 17.1, 2.03 * y + 5.7, seed + 1);
  const fine = valueNoise(4.11 * x + 3.3, 4.11 * y + 29.9, seed + 2);
  return (4 * coarse + 2 * middle + fine) / 7;
}
