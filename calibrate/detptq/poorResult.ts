import type { Judgement } from './judge.js';

/** Agreement mAP below which most of what is found is something else than what the float network finds. */
const leastOfUse = 0.5;

/** Returns a warning for the report's notes where hardly anything of the float network's detections is left. */
export function poorResultNotes({
  agreement,
  detections,
}: Pick<Judgement, 'agreement' | 'detections'>): string[] {
  if (detections === 0 || agreement >= leastOfUse) return [];
  return [
    `Agreement mAP with the float model is ${agreement.toFixed(2)}: what was written is of little use. More bits, or more images of what it is to find, may help.`,
  ];
}
