/**
 * A stroke font of our own, for labels on pictures: librsvg draws no text on a box without system fonts, and a
 * detector's labels are short. Units: capitals are 6 high, from y = 0 down to the base line at y = 6; descenders
 * reach 8. Each glyph is its width and an SVG path, to be stroked with round caps.
 */
const bowlLeft = 'M3.2 3.4Q2.6 2 1.6 2Q0 2 0 4Q0 6 1.6 6Q2.6 6 3.2 4.6';
const bowlRight = 'M0 3.4Q.6 2 1.6 2Q3.2 2 3.2 4Q3.2 6 1.6 6Q.6 6 0 4.6';

const glyphs: Readonly<Record<string, readonly [width: number, path: string]>> = {
  ' ': [1.4, ''],
  A: [4, 'M0 6L2 0L4 6M.7 4H3.3'],
  B: [3.9, 'M0 0H2.1Q3.6 0 3.6 1.5Q3.6 3 2.1 3H0M2.1 3Q3.9 3 3.9 4.5Q3.9 6 2.1 6H0V0'],
  C: [4, 'M4 1Q3.3 0 2.1 0Q0 0 0 3Q0 6 2.1 6Q3.3 6 4 5'],
  D: [4, 'M0 0V6H1.5Q4 6 4 3Q4 0 1.5 0Z'],
  E: [3.5, 'M3.5 0H0V6H3.5M0 3H3'],
  F: [3.5, 'M3.5 0H0V6M0 3H3'],
  G: [4, 'M4 1Q3.3 0 2.1 0Q0 0 0 3Q0 6 2.1 6Q3.2 6 4 5V3.3H2.3'],
  H: [4, 'M0 0V6M4 0V6M0 3H4'],
  I: [0, 'M0 0V6'],
  J: [3, 'M3 0V4.4Q3 6 1.5 6Q0 6 0 4.6'],
  K: [3.9, 'M0 0V6M3.8 0L0 3.8M1.3 2.6L3.9 6'],
  L: [3.3, 'M0 0V6H3.3'],
  M: [5, 'M0 6V0L2.5 4L5 0V6'],
  N: [4, 'M0 6V0L4 6V0'],
  O: [4.2, 'M2.1 0Q0 0 0 3Q0 6 2.1 6Q4.2 6 4.2 3Q4.2 0 2.1 0Z'],
  P: [3.8, 'M0 6V0H2.1Q3.8 0 3.8 1.7Q3.8 3.4 2.1 3.4H0'],
  Q: [4.2, 'M2.1 0Q0 0 0 3Q0 6 2.1 6Q4.2 6 4.2 3Q4.2 0 2.1 0ZM2.7 4.5L4.2 6.4'],
  R: [3.9, 'M0 6V0H2.1Q3.8 0 3.8 1.7Q3.8 3.4 2.1 3.4H0M2 3.4L3.9 6'],
  S: [4, 'M3.8 1Q3.2 0 2 0Q.2 0 .2 1.5Q.2 2.7 2 3Q4 3.3 4 4.5Q4 6 2 6Q.6 6 0 5'],
  T: [4, 'M0 0H4M2 0V6'],
  U: [4, 'M0 0V4Q0 6 2 6Q4 6 4 4V0'],
  V: [4, 'M0 0L2 6L4 0'],
  W: [6, 'M0 0L1.5 6L3 1L4.5 6L6 0'],
  X: [4, 'M0 0L4 6M4 0L0 6'],
  Y: [4, 'M0 0L2 3L4 0M2 3V6'],
  Z: [3.8, 'M0 0H3.8L0 6H3.8'],
  a: [3.2, `M3.2 2V6${bowlLeft}`],
  b: [3.2, `M0 0V6${bowlRight}`],
  c: [3, 'M3 2.8Q2.6 2 1.6 2Q0 2 0 4Q0 6 1.6 6Q2.6 6 3 5.2'],
  d: [3.2, `M3.2 0V6${bowlLeft}`],
  e: [3.2, 'M0 4H3.2Q3.2 2 1.6 2Q0 2 0 4Q0 6 1.6 6Q2.6 6 3.1 5.2'],
  f: [2, 'M2 .1Q.8 -.2 .8 1.4V6M0 2H1.9'],
  g: [3.2, `M3.2 2V6.3Q3.2 8 1.6 8Q.7 8 .2 7.4${bowlLeft}`],
  h: [3, 'M0 0V6M0 3.6Q.4 2 1.7 2Q3 2 3 3.5V6'],
  i: [0, 'M0 2V6M0 .3V.4'],
  j: [1, 'M1 2V6.8Q1 8 0 7.9M1 .3V.4'],
  k: [2.9, 'M0 0V6M2.7 2L0 4.4M1.1 3.5L2.9 6'],
  l: [0.7, 'M0 0V5Q0 6 .7 6'],
  m: [5, 'M0 2V6M0 3.6Q.3 2 1.4 2Q2.5 2 2.5 3.5V6M2.5 3.6Q2.8 2 3.9 2Q5 2 5 3.5V6'],
  n: [3, 'M0 2V6M0 3.6Q.4 2 1.7 2Q3 2 3 3.5V6'],
  o: [3.2, 'M1.6 2Q0 2 0 4Q0 6 1.6 6Q3.2 6 3.2 4Q3.2 2 1.6 2Z'],
  p: [3.2, `M0 2V8${bowlRight}`],
  q: [3.2, `M3.2 2V8${bowlLeft}`],
  r: [1.9, 'M0 2V6M0 3.8Q.4 2 1.9 2.1'],
  s: [2.9, 'M2.8 2.7Q2.4 2 1.4 2Q.1 2 .1 3Q.1 3.8 1.4 4Q2.9 4.2 2.9 5Q2.9 6 1.4 6Q.4 6 0 5.3'],
  t: [2.1, 'M.8 .6V5Q.8 6 2.1 5.9M0 2H2'],
  u: [3, 'M0 2V4.5Q0 6 1.4 6Q2.6 6 3 4.4M3 2V6'],
  v: [3, 'M0 2L1.5 6L3 2'],
  w: [4.6, 'M0 2L1.15 6L2.3 2.6L3.45 6L4.6 2'],
  x: [3, 'M0 2L3 6M3 2L0 6'],
  y: [3, 'M0 2L1.5 6M3 2L1.3 6.8Q.9 8 0 7.9'],
  z: [2.9, 'M0 2H2.9L0 6H2.9'],
  0: [3.4, 'M1.7 0Q0 0 0 3Q0 6 1.7 6Q3.4 6 3.4 3Q3.4 0 1.7 0Z'],
  1: [3.4, 'M.5 1.3L2 0V6M.6 6H3.3'],
  2: [3.4, 'M.1 1.6Q.2 0 1.7 0Q3.3 0 3.3 1.6Q3.3 2.7 2 4L0 6H3.4'],
  3: [3.4, 'M.1 1Q.5 0 1.6 0Q3.1 0 3.1 1.4Q3.1 2.8 1.3 2.8Q3.4 2.8 3.4 4.4Q3.4 6 1.6 6Q.4 6 0 4.9'],
  4: [3.4, 'M2.6 6V0L0 4.2H3.4'],
  5: [3.4, 'M3.1 0H.5L.2 2.8Q.9 2.2 1.7 2.2Q3.4 2.2 3.4 4.1Q3.4 6 1.6 6Q.4 6 0 5'],
  6: [3.4, 'M3 .7Q2.6 0 1.8 0Q0 0 0 3.6Q0 6 1.7 6Q3.4 6 3.4 4.2Q3.4 2.4 1.8 2.4Q.4 2.4 0 4'],
  7: [3.4, 'M0 0H3.4L1.2 6'],
  8: [
    3.4,
    'M1.7 0Q.3 0 .3 1.4Q.3 2.8 1.7 2.8Q3.1 2.8 3.1 1.4Q3.1 0 1.7 0Z' +
      'M1.7 2.8Q0 2.8 0 4.4Q0 6 1.7 6Q3.4 6 3.4 4.4Q3.4 2.8 1.7 2.8Z',
  ],
  9: [3.4, 'M.4 5.3Q.8 6 1.6 6Q3.4 6 3.4 2.4Q3.4 0 1.7 0Q0 0 0 1.8Q0 3.6 1.6 3.6Q3 3.6 3.4 2'],
  '.': [0, 'M0 5.9V6'],
  ',': [0.4, 'M.4 5.7L0 7'],
  ':': [0, 'M0 2.9V3M0 5.9V6'],
  ';': [0.4, 'M.4 2.9V3M.4 5.7L0 7'],
  '-': [2, 'M0 3.7H2'],
  _: [3.4, 'M0 7H3.4'],
  '+': [3, 'M0 3.7H3M1.5 2.2V5.2'],
  '=': [3, 'M0 3H3M0 4.6H3'],
  '/': [2.4, 'M0 6.6L2.4 -.4'],
  '(': [1, 'M1 -.4Q-.8 3 1 6.6'],
  ')': [1, 'M0 -.4Q1.8 3 0 6.6'],
  "'": [0, 'M0 0V1.4'],
  '!': [0, 'M0 0V4M0 5.9V6'],
  '?': [2.8, 'M0 1.2Q.3 0 1.4 0Q2.8 0 2.8 1.5Q2.8 2.4 1.4 3.4V4.2M1.4 5.9V6'],
  '%': [
    4.4,
    'M.9 0Q0 0 0 1.2Q0 2.4 .9 2.4Q1.8 2.4 1.8 1.2Q1.8 0 .9 0ZM4 0L.4 6' +
      'M3.5 3.6Q2.6 3.6 2.6 4.8Q2.6 6 3.5 6Q4.4 6 4.4 4.8Q4.4 3.6 3.5 3.6Z',
  ],
  '&': [4, 'M4 6L.8 1.8Q.6 0 1.7 0Q2.9 0 2.7 1.3Q2.5 2.2 1 3Q0 3.6 0 4.6Q0 6 1.5 6Q3.2 6 3.8 3.6'],
  '#': [3.6, 'M1.3 .6L.7 5.6M2.9 .6L2.3 5.6M.2 2.2H3.6M0 4.1H3.4'],
};

/** What stands for a character that the font lacks. */
const missing: readonly [width: number, path: string] = [2.8, 'M0 0H2.8V6H0Z'];

const gap = 1.5;

export const capHeight = 6;
export const descent = 2;

export interface StrokedText {
  /** In font units, without a gap after the last glyph. */
  readonly width: number;
  readonly glyphs: readonly { readonly x: number; readonly path: string }[];
}

/** Returns `text` laid out from x = 0 on. Accents are dropped; a character that the font lacks is a hollow box. */
export function strokeText(text: string): StrokedText {
  const laidOut: { x: number; path: string }[] = [];
  let x = 0;
  for (const character of text.normalize('NFD').replace(/\p{Mn}/gu, '')) {
    const [width, path] = glyphs[character] ?? missing;
    if (path !== '') laidOut.push({ x, path });
    x += width + gap;
  }
  return { width: Math.max(0, x - gap), glyphs: laidOut };
}
