import { imageNetRgb, postprocessOf } from '../conventions.js';
import type { GraphFacts } from '../facts.js';
import { classesText } from '../plural.js';
import type { FamilyMatch, Guess, Missing } from '../recognition.js';
import { type LevelPair, levelPairs } from './levelPairs.js';

const paperRatios = [0.5, 1, 2];
const paperScales = [1, 2 ** (1 / 3), 2 ** (2 / 3)];
const paperAnchors = paperRatios.length * paperScales.length;

/**
 * RetinaNet's maps: per level scores and deltas of several anchors per cell. The anchors are not in the file; with nine
 * per cell they are taken for those of the paper.
 *
 * Source: arXiv 1708.02002, section 4.
 */
export function retinanetMaps(facts: GraphFacts): FamilyMatch | undefined {
  const levels = levelPairs(facts);
  const [first] = levels ?? [];
  if (levels === undefined || first === undefined || first.anchors === 1 || first.centerness)
    return undefined;
  const { anchors, numClasses } = first;
  const ofPaper = anchors === paperAnchors;
  const scoreActivation = first.scores.tail.ops.has('Sigmoid') ? 'none' : 'sigmoid';
  const outputs = {
    scores: levels.map(({ scores }) => scores.name),
    deltas: levels.map(({ deltas }) => deltas.name),
  };
  return {
    family: 'RetinaNet',
    evidence: `${levels.length} pairs of scores and deltas, of strides ${levels.map(({ stride }) => stride).join(', ')}: ${anchors} anchors per cell, ${classesText(numClasses)}`,
    numClasses,
    head: {
      type: 'retinanet',
      scoreActivation,
      cellOffset: 0.5,
      outputs,
      ...(ofPaper && { levels: levels.map(paperLevel) }),
    },
    input: imageNetRgb,
    postprocess: postprocessOf(0.5),
    guesses: [
      ...(['color', 'mean', 'std', 'resize'] as const).map((key) => ({
        key: `input.${key}`,
        value: imageNetRgb[key],
        why: 'usual for RetinaNet with a backbone from ImageNet',
      })),
      {
        key: 'head.cellOffset',
        value: 0.5,
        why: 'as in the paper; torchvision, MMDetection and Detectron2 have 0',
      },
      ...(ofPaper ? [levelsGuess(levels)] : []),
    ],
    missing: ofPaper ? [] : [missingLevels(levels)],
  };
}

function paperLevel({ stride }: LevelPair) {
  return { stride, sizes: paperScales.map((scale) => 4 * stride * scale), ratios: paperRatios };
}

function levelsGuess(levels: readonly LevelPair[]): Guess {
  const why =
    'nine anchors per cell are taken for those of the paper: 4 strides times 1, 2^(1/3), 2^(2/3), ratios 0.5, 1, 2';
  return { key: 'head.levels', value: levels.map(paperLevel), why };
}

function missingLevels(levels: readonly LevelPair[]): Missing {
  const [{ anchors }] = levels as [LevelPair];
  return {
    key: 'head.levels',
    why: `the anchors are not in the file: give stride, sizes (input pixels) and ratios (height / width) of each of ${levels.length} levels, sizes times ratios being ${anchors}`,
    example: JSON.stringify(
      levels.map(({ stride }) => ({
        stride,
        sizes: [4 * stride],
        ratios: Array.from({ length: anchors }, (_, i) => i + 1),
      })),
    ),
  };
}
