import { imageNetRgb, letterboxedRgb, postprocessOf } from '../conventions.js';
import type { GraphFacts } from '../facts.js';
import type { FamilyMatch, Guess } from '../recognition.js';
import { levelPairs } from './levelPairs.js';

/**
 * Distances without anchors: per level scores `C` and distances `4`, with a centerness FCOS, without one YOLOv6 and others.
 *
 * Source: arXiv 1904.01355, section 3.1.
 */
export function ltrbMaps(facts: GraphFacts): FamilyMatch | undefined {
  const levels = levelPairs(facts);
  const [first] = levels ?? [];
  if (levels === undefined || first === undefined || first.anchors !== 1) return undefined;
  const { numClasses, centerness } = first;
  const family = centerness ? 'FCOS' : 'YOLOv6 and other distances without anchors';
  const input = centerness ? imageNetRgb : letterboxedRgb;
  const ops = first.deltas.tail.ops;
  const activated = ['Exp', 'Relu', 'Softplus', 'Softmax'].some((op) => ops.has(op));
  const distanceActivation = activated || !centerness ? 'none' : 'exp';
  const distanceUnit = ops.has('Mul') || centerness ? 'pixel' : 'stride';
  const scoreActivation = first.scores.tail.ops.has('Sigmoid') ? 'none' : 'sigmoid';
  const guesses: Guess[] = [
    ...(['color', 'mean', 'std', 'resize'] as const).map((key) => ({
      key: `input.${key}`,
      value: input[key],
      why: `usual for ${family}`,
    })),
    {
      key: 'head.distanceUnit',
      value: distanceUnit,
      why:
        distanceUnit === 'pixel'
          ? 'usual where the network scales distances'
          : 'the network does not scale distances',
    },
    {
      key: 'head.distanceActivation',
      value: distanceActivation,
      why: activated ? 'the network applies one already' : `usual for ${family}`,
    },
    { key: 'head.cellOffset', value: 0.5, why: `usual for ${family}` },
  ];
  return {
    family,
    evidence: `${levels.length} levels of ${numClasses} scores, four distances${centerness ? ' and a centerness' : ''} per cell, of strides ${levels.map(({ stride }) => stride).join(', ')}`,
    numClasses,
    head: {
      type: 'ltrb',
      strides: levels.map(({ stride }) => stride),
      cellOffset: 0.5,
      distanceUnit,
      distanceActivation,
      scoreActivation,
      outputs: {
        scores: levels.map(({ scores }) => scores.name),
        distances: levels.map(({ deltas }) => deltas.name),
        ...(centerness && { centerness: levels.map((level) => level.centerness!.name) }),
      },
    },
    input,
    postprocess: postprocessOf(0.6),
    guesses,
  };
}
