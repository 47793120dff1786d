import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { factsOf, type GraphFacts } from './facts.js';
import { boxesAndScores } from './families/boxesAndScores.js';
import { decodedRows } from './families/decodedRows.js';
import { efficientDetMaps } from './families/efficientDetMaps.js';
import { endToEnd } from './families/endToEnd.js';
import { ltrbMaps } from './families/ltrbMaps.js';
import { nanodet } from './families/nanodet.js';
import { otherTasks } from './families/otherTasks.js';
import { picodet } from './families/picodet.js';
import { retinanetMaps } from './families/retinanetMaps.js';
import { ssd } from './families/ssd.js';
import { ultralytics } from './families/ultralytics.js';
import { yolov3Maps } from './families/yolov3Maps.js';
import { yolox } from './families/yolox.js';
import { classesText } from './plural.js';
import type { FamilyMatch, Guess, Recognition } from './recognition.js';

type Recognizer = (facts: GraphFacts) => FamilyMatch | undefined;

/** What says most of itself goes first; the first that fits wins. */
const recognizers: readonly Recognizer[] = [
  ultralytics,
  otherTasks,
  endToEnd,
  yolox,
  nanodet,
  decodedRows,
  picodet,
  boxesAndScores,
  ssd,
  yolov3Maps,
  ltrbMaps,
  efficientDetMaps,
  retinanetMaps,
];

/**
 * Returns what a detector's graph tells of its manifest: from names, shapes, metadata and constants, and from what its
 * family usually does, which it names as guesses.
 *
 * @param given values that the user gives, by dotted key; no guess is made of them
 * @throws AgentError `model_unrecognized`, `model_task_unsupported`, and those of `factsOf`
 */
export function recognize(graph: Graph, given: ReadonlyMap<string, unknown> = new Map()): Recognition {
  const facts = factsOf(graph, given);
  for (const recognizer of recognizers) {
    const match = recognizer(facts);
    if (match !== undefined) return recognitionOf(facts, match);
  }
  const got = facts.outputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`).join(', ');
  throw new AgentError('model_unrecognized', `expected outputs of a known family of detectors, got ${got}`, {
    detail: { got, mend: 'write a manifest (docs/manifest.md) and give it with --manifest' },
  });
}

function recognitionOf({ input, given }: GraphFacts, match: FamilyMatch): Recognition {
  const labels = labelsOf(match);
  const { family, evidence, head, postprocess } = match;
  const shape = [1, 3, input.height, input.width];
  const open = ({ key }: { readonly key: string }) =>
    ![...given.keys()].some((named) => named === key || key.startsWith(`${named}.`));
  return {
    family,
    evidence,
    draft: {
      labels: labels.value,
      input: { name: input.name, shape, layout: 'NCHW', ...match.input },
      head,
      postprocess,
    },
    guesses: [...match.guesses, ...labels.guesses].filter(open),
    missing: (match.missing ?? []).filter(open),
  };
}

function labelsOf({ labels, numClasses }: FamilyMatch): {
  readonly value: 'coco80' | readonly string[];
  readonly guesses: readonly Guess[];
} {
  if (labels !== undefined) return { value: labels, guesses: [] };
  if (numClasses === 80) {
    const why = 'it has 80 classes, as COCO does';
    return { value: 'coco80', guesses: [{ key: 'labels', value: 'coco80', why }] };
  }
  const value = Array.from({ length: numClasses }, (_, id) => `class ${id}`);
  const why = `the file does not name its ${classesText(numClasses)}`;
  return { value, guesses: [{ key: 'labels', value, why }] };
}
