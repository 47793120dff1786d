import { imageNetRgb, postprocessOf } from '../conventions.js';
import type { GraphFacts, OutputFacts } from '../facts.js';
import { strideOfLevel } from '../pyramid.js';
import type { FamilyMatch } from '../recognition.js';

/** Bins of a distance's distribution, times four sides. */
const distanceWidth = 4 * (7 + 1);

/**
 * PicoDet without its post-processing: per level probabilities `[1, n, C]` and distances as distributions `[1, n, 32]`.
 *
 * Source: github.com/PaddlePaddle/PaddleDetection, `ppdet/modeling/heads/pico_head.py`.
 */
export function picodet({ outputs, input }: GraphFacts): FamilyMatch | undefined {
  if (outputs.length < 2 || outputs.some(({ dims }) => dims.length !== 3)) return undefined;
  const isDistance = ({ dims, tail }: OutputFacts) => dims[2] === distanceWidth && !tail.ops.has('Sigmoid');
  const distances = byCells(outputs.filter(isDistance));
  const scores = byCells(outputs.filter((output) => !isDistance(output)));
  const strides = distances.map(({ dims }) => strideOfLevel(dims[1]!, input));
  const numClasses = scores[0]?.dims[2];
  const paired =
    scores.length === distances.length &&
    scores.every(({ dims }, i) => dims[1] === distances[i]!.dims[1] && dims[2] === numClasses);
  const probable = scores.every(({ tail }) => tail.ops.has('Sigmoid'));
  if (!paired || !probable || numClasses === undefined || strides.includes(undefined)) return undefined;
  return {
    family: 'PicoDet',
    evidence: `${scores.length} pairs of probabilities [1, n, ${numClasses}] and distances [1, n, ${distanceWidth}], of strides ${strides.join(', ')}`,
    numClasses,
    head: {
      type: 'gfl',
      strides,
      regMax: 7,
      cellOffset: 0.5,
      outputs: { scores: scores.map(({ name }) => name), distances: distances.map(({ name }) => name) },
    },
    input: { ...imageNetRgb, interpolation: 'cubic' },
    postprocess: postprocessOf(0.6),
    guesses: [
      ...(['color', 'mean', 'std', 'resize', 'interpolation'] as const).map((key) => ({
        key: `input.${key}`,
        value: key === 'interpolation' ? 'cubic' : imageNetRgb[key],
        why: 'PicoDet is trained so by default',
      })),
      {
        key: 'head.cellOffset',
        value: 0.5,
        why: 'PicoDet measures from the middle of a cell; NanoDet-Plus, of the same outputs, from its corner (0)',
      },
    ],
  };
}

/** The finest level first. */
function byCells(outputs: readonly OutputFacts[]): OutputFacts[] {
  return outputs.toSorted((a, b) => b.dims[1]! - a.dims[1]!);
}
