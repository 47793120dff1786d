/** With fewer, a standard error and an interval over the frames are hardly estimates. */
const enoughFrames = 8;

/** Returns a warning for the report's notes where the result was judged on few frames. */
export function fewFramesNotes(heldOut: number): string[] {
  if (heldOut >= enoughFrames) return [];
  const frames = heldOut === 1 ? 'a single held-out frame' : `${heldOut} held-out frames`;
  return [`Judged on ${frames}: too few to trust the intervals, or which stages were kept. Add images.`];
}
