import type { ScoreWriter } from './head.js';

/** Returns what writes the scores that `write` does, each times the location's factor. */
export function scaledScores(
  write: ScoreWriter,
  numClasses: number,
  factorOf: (location: number) => number,
): ScoreWriter {
  return (location, target, offset) => {
    write(location, target, offset);
    const factor = factorOf(location);
    for (let c = offset; c < offset + numClasses; c++) target[c]! *= factor;
  };
}
