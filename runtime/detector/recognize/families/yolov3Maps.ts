import { postprocessOf, unitRgb } from '../conventions.js';
import type { GraphFacts } from '../facts.js';
import { classesText } from '../plural.js';
import { strideOfMap } from '../pyramid.js';
import type { FamilyMatch, Missing } from '../recognition.js';

const usualAnchors = 3;

/**
 * Raw maps `[1, A (5 + C), h, w]` with anchors: YOLOv3, YOLOv4, YOLO-Fastest. The anchors are not in the file, so
 * they have to be given; they tell A too.
 *
 * Source: arXiv 1804.02767, section 2.1.
 */
export function yolov3Maps({ outputs, input, given }: GraphFacts): FamilyMatch | undefined {
  const strides = outputs.map(({ dims }) => strideOfMap([dims[2] ?? 0, dims[3] ?? 0], input));
  const channels = outputs[0]?.dims[1];
  const alike = outputs.every(
    ({ dims, tail }) => dims.length === 4 && dims[1] === channels && tail.ops.size === 0,
  );
  if (!alike || channels === undefined || strides.includes(undefined)) return undefined;
  if (new Set(strides).size < strides.length) return undefined;
  const anchors = anchorsPerCell(given.get('head.anchors')) ?? usualAnchors;
  const numClasses = channels / anchors - 5;
  if (!Number.isInteger(numClasses) || numClasses < 1) return undefined;
  const guess = (key: 'color' | 'mean' | 'std' | 'resize') => ({
    key: `input.${key}`,
    value: unitRgb[key],
    why: 'darknet feeds RGB in 0..1 and stretches pictures by default',
  });
  const maps = outputs.map(({ name }, i) => `${name} (stride ${strides[i]})`);
  return {
    family: 'YOLOv3 and its kin',
    evidence: `raw maps ${maps.join(', ')} of ${channels} channels: ${anchors} anchors with a box, objectness and ${classesText(numClasses)} each`,
    numClasses,
    head: { type: 'yolov3', scaleXY: 1, outputs: { maps: outputs.map(({ name }) => name) } },
    input: unitRgb,
    postprocess: postprocessOf(0.6),
    guesses: [
      guess('color'),
      guess('mean'),
      guess('std'),
      guess('resize'),
      {
        key: 'head.scaleXY',
        value: 1,
        why: 'YOLOv3 has 1; YOLOv4 has 1.05 to 1.2, as its .cfg says (scale_x_y)',
      },
    ],
    missing: [missingAnchors(maps)],
  };
}

function missingAnchors(maps: readonly string[]): Missing {
  return {
    key: 'head.anchors',
    why: `anchors are not in the file: give [width, height] in input pixels, a list per map in the order ${maps.join(', ')}; a darknet .cfg has them (anchors, mask)`,
    example: JSON.stringify(maps.map((_, i) => [[10 * (i + 1), 14 * (i + 1)], '...'])).replaceAll('"', ''),
  };
}

function anchorsPerCell(anchors: unknown): number | undefined {
  const first: unknown = Array.isArray(anchors) ? anchors[0] : undefined;
  return Array.isArray(first) && first.length > 0 ? first.length : undefined;
}
