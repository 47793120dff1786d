import { imageNetRgb, postprocessOf } from '../conventions.js';
import type { GraphFacts, OutputFacts } from '../facts.js';
import type { FamilyMatch } from '../recognition.js';
import { decodes } from '../tail.js';

/**
 * Boxes that the network decodes and probabilities, as two tensors `[1, N, 4]` and `[1, N, C]`, either transposed: PicoDet
 * and PP-YOLOE without NMS, YOLO-NAS.
 */
export function boxesAndScores({ outputs }: GraphFacts): FamilyMatch | undefined {
  if (outputs.length !== 2 || outputs.some(({ dims }) => dims.length !== 3)) return undefined;
  const boxes = outputs.find((output) => output.dims.includes(4) && decodes(output.tail));
  const scores = outputs.find((output) => output !== boxes);
  if (boxes === undefined || scores === undefined || !scores.tail.ops.has('Sigmoid')) return undefined;
  const count = otherThan(boxes, 4);
  if (count === undefined || !scores.dims.slice(1).includes(count)) return undefined;
  const numClasses = otherThan(scores, count) ?? count;
  const why = 'usual for PP-YOLOE, PicoDet and YOLO-NAS';
  return {
    family: 'decoded boxes and scores',
    evidence: `${boxes.name} and ${scores.name} are ${count} boxes, decoded in the network, and their ${numClasses} probabilities`,
    numClasses,
    head: { type: 'yolov8', boxFormat: 'xyxy', outputs: { boxes: boxes.name, scores: scores.name } },
    input: imageNetRgb,
    postprocess: postprocessOf(0.6),
    guesses: [
      ...(['color', 'mean', 'std', 'resize'] as const).map((key) => ({
        key: `input.${key}`,
        value: imageNetRgb[key],
        why,
      })),
      { key: 'head.boxFormat', value: 'xyxy', why },
    ],
  };
}

function otherThan({ dims }: OutputFacts, size: number): number | undefined {
  return dims.slice(1).find((dim) => dim !== size);
}
