import { AgentError } from '../../../errors.js';
import { boxFormatOf } from '../boxFormat.js';
import { letterboxedRgb, postprocessOf, unitRgb } from '../conventions.js';
import type { GraphFacts } from '../facts.js';
import { classesText } from '../plural.js';
import { stridesOf } from '../pyramid.js';
import { type PythonValue, parsePythonLiteral } from '../pythonLiteral.js';
import type { FamilyMatch, HeadDraft } from '../recognition.js';

/**
 * Ultralytics exports, YOLOv5 to the current ones: they carry `names`, and since 8.0 `task`, in the file's metadata,
 * and all see pictures alike.
 *
 * Source: github.com/ultralytics/ultralytics, `engine/exporter.py`; github.com/ultralytics/yolov5, `export.py`.
 *
 * @throws AgentError `model_task_unsupported` for segmentation, pose, classification and oriented boxes
 */
export function ultralytics(facts: GraphFacts): FamilyMatch | undefined {
  const labels = namesOf(facts.metadata.get('names'));
  if (labels === undefined) return undefined;
  const task = facts.metadata.get('task');
  if (task !== undefined && task !== 'detect') throw otherTask(task);
  // Prototypes of masks, which YOLOv5 does not announce.
  if (facts.outputs.some(({ dims }) => dims.length === 4)) throw otherTask('segment');
  const [output] = facts.outputs;
  const head = output && headOf(facts, labels.length);
  if (!head) return undefined;
  const description = facts.metadata.get('description');
  return {
    family: description === undefined ? 'Ultralytics YOLO' : description.replace(/ model.*$/s, ''),
    evidence: `its metadata names ${classesText(labels.length)}, and ${output.name} is [${output.dims.join(', ')}]: ${head.means}`,
    numClasses: labels.length,
    labels,
    head: head.draft,
    input: isTransformer(facts) ? unitRgb : letterboxedRgb,
    postprocess: postprocessOf(head.iouThreshold),
    guesses: [],
  };
}

function headOf(
  facts: GraphFacts,
  numClasses: number,
): { readonly draft: HeadDraft; readonly means: string; readonly iouThreshold: number } | undefined {
  const { input, metadata } = facts;
  const [{ name, dims, tail }] = facts.outputs as [GraphFacts['outputs'][number]];
  const [, first, second] = dims;
  if (dims.length !== 3 || first === undefined || second === undefined) return undefined;
  const packed = { outputs: { packed: name } };
  if (isTransformer(facts)) return transformerHead([first, second], { numClasses, packed });
  if (first === 4 + numClasses && second !== 6) {
    const draft = { type: 'yolov8', boxFormat: boxFormatOf(tail) ?? 'xywh', ...packed } as const;
    // Trained to give one box for each object, it needs no suppression.
    const iouThreshold = metadata.get('end2end') === 'True' ? 1 : 0.7;
    return { draft, means: 'decoded boxes and classes', iouThreshold };
  }
  if (second === 5 + numClasses && stridesOf(first, input, 3) !== undefined) {
    const draft = { type: 'yolov5', ...packed } as const;
    return { draft, means: 'decoded boxes, objectness and classes', iouThreshold: 0.6 };
  }
  if (second === 6) {
    const draft = { type: 'detections', ...packed } as const;
    return { draft, means: 'finished detections', iouThreshold: 1 };
  }
  return undefined;
}

/** RT-DETR: boxes in fractions of the input, which is the picture stretched. */
function isTransformer({ metadata }: GraphFacts): boolean {
  return /rt-?detr/i.test(`${metadata.get('head') ?? ''} ${metadata.get('description') ?? ''}`);
}

function transformerHead(
  [, width]: readonly [number, number],
  { numClasses, packed }: { readonly numClasses: number; readonly packed: { readonly outputs: object } },
): ReturnType<typeof headOf> {
  if (width === 6) {
    const columns = ['cx', 'cy', 'w', 'h', 'score', 'class'];
    const draft = { type: 'detections', columns, boxUnit: 'fraction', ...packed } as const;
    return { draft, means: 'finished detections, in fractions of the input', iouThreshold: 1 };
  }
  if (width !== 4 + numClasses) return undefined;
  const draft = { type: 'yolov8', boxUnit: 'fraction', ...packed } as const;
  return { draft, means: 'boxes in fractions of the input, and classes', iouThreshold: 0.7 };
}

/** YOLOv5 wrote a list before it wrote a dict by class id. */
function namesOf(text: string | undefined): readonly string[] | undefined {
  const value = text === undefined ? undefined : parsePythonLiteral(text);
  const names: PythonValue[] = [];
  if (value instanceof Map) for (let id = 0; id < value.size; id++) names.push(value.get(id) ?? '');
  else if (Array.isArray(value)) names.push(...value);
  return names.length > 0 && names.every(isName) ? names : undefined;
}

function isName(value: PythonValue): value is string {
  return typeof value === 'string' && value !== '';
}

const taskNames: Readonly<Record<string, string>> = {
  segment: 'instance segmentation',
  pose: 'pose estimation',
  classify: 'classification',
  obb: 'oriented boxes',
};

function otherTask(task: string): AgentError {
  const got = taskNames[task] ?? `the task "${task}"`;
  return new AgentError(
    'model_task_unsupported',
    `expected an object detector, got an Ultralytics model for ${got}`,
    {
      detail: {
        where: 'metadata task',
        expected: 'detect',
        got: task,
        mend: 'export a detection model, such as yolo11n.pt',
      },
    },
  );
}
