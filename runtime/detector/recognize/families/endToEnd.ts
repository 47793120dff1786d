import { letterboxedRgb, postprocessOf } from '../conventions.js';
import type { GraphFacts } from '../facts.js';
import type { FamilyMatch } from '../recognition.js';

const selections = ['NonMaxSuppression', 'TopK'];

/**
 * Exports that end in a selection of their own: `[1, N, 6]`, rows of a box, its score and its class. How many classes
 * there are is not in the file.
 */
export function endToEnd({ outputs, given }: GraphFacts): FamilyMatch | undefined {
  const [output, ...others] = outputs;
  if (output === undefined || others.length > 0 || output.dims.length !== 3 || output.dims[2] !== 6)
    return undefined;
  const selection = selections.find((op) => output.tail.ops.has(op));
  if (selection === undefined) return undefined;
  const why = 'usual for YOLO exports with their suppression inside';
  const labels = given.get('labels');
  const numClasses = Array.isArray(labels) ? labels.length : 80;
  return {
    family: 'YOLO with its own selection',
    evidence: `${output.name} is [${output.dims.join(', ')}] behind ${selection}: finished detections`,
    numClasses,
    head: { type: 'detections', outputs: { packed: output.name } },
    input: letterboxedRgb,
    postprocess: postprocessOf(1),
    guesses: [
      ...(['color', 'mean', 'std', 'resize'] as const).map((key) => ({
        key: `input.${key}`,
        value: letterboxedRgb[key],
        why,
      })),
      { key: 'head.columns', value: ['x1', 'y1', 'x2', 'y2', 'score', 'class'], why },
      { key: 'head.boxUnit', value: 'pixel', why },
    ],
  };
}
