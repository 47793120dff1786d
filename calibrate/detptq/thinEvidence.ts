import { areAlike } from '../search/paired.js';
import type { Judgement } from './judge.js';

/** With fewer, a standard error and an interval over the frames are hardly estimates. */
const enoughFrames = 8;
/** With fewer detections of the float network on all frames, one that is lost or made up moves every figure by a tenth. */
const enoughDetections = 10;

/** Returns warnings for the report's notes where the result was judged by little. */
export function thinEvidenceNotes({ odols, detections }: Pick<Judgement, 'odols' | 'detections'>): string[] {
  const frames = odols.length;
  const notes: string[] = [];
  if (frames > 1 && areAlike(odols)) {
    notes.push(
      'The held-out frames are all alike: standard errors and intervals over them say nothing. Add images that differ.',
    );
  } else if (frames < enoughFrames) {
    const those = frames === 1 ? 'a single held-out frame' : `${frames} held-out frames`;
    notes.push(`Judged on ${those}: too few to trust the intervals, or which stages were kept. Add images.`);
  }
  if (detections < enoughDetections) {
    const what =
      detections === 0 ? 'nothing' : detections === 1 ? 'a single object' : `only ${detections} objects`;
    notes.push(
      `The float model finds ${what} on the held-out frames: agreement, F1 and the choice of stages rest on that. Add images of what it is to find.`,
    );
  }
  return notes;
}
