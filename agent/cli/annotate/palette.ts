/** Colours that stay apart for most eyes and on most pictures (after S. Trubetskoy's list of distinct colours). */
const colours = [
  '#e6194b',
  '#4363d8',
  '#3cb44b',
  '#f58231',
  '#911eb4',
  '#42d4f4',
  '#ffe119',
  '#f032e6',
  '#bfef45',
  '#469990',
  '#fabed4',
  '#9a6324',
  '#dcbeff',
  '#800000',
  '#aaffc3',
  '#808000',
  '#ffd8b1',
  '#000075',
] as const;

export interface ClassColour {
  readonly fill: string;
  /** Black or white, whichever reads better on `fill`. */
  readonly text: '#000' | '#fff';
}

/** Returns the colour of a class: always the same for one class, repeating after 18. */
export function classColour(classId: number): ClassColour {
  const fill = colours[classId % colours.length]!;
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(fill.slice(at, at + 2), 16));
  // ITU-R BT.601 luma; 150 of 255 is where black and white text read equally well.
  const luma = 0.299 * red! + 0.587 * green! + 0.114 * blue!;
  return { fill, text: luma > 150 ? '#000' : '#fff' };
}
