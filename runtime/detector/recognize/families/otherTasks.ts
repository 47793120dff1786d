import { AgentError } from '../../../errors.js';
import type { GraphFacts } from '../facts.js';

/**
 * Refuses models that are plainly no detectors.
 *
 * @throws AgentError `model_task_unsupported` for classification and segmentation
 */
export function otherTasks({ outputs, input }: GraphFacts): undefined {
  const shapes = outputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`).join(', ');
  const vectors = outputs.every(({ dims }) => dims.length <= 2 || dims.slice(2).every((dim) => dim === 1));
  if (vectors && outputs.length === 1) throw otherTask('classification', shapes);
  const [first, second] = outputs;
  const isMask = (dims: readonly number[] | undefined) =>
    dims?.length === 4 && dims[2]! * 4 >= input.height && dims[3]! * 4 >= input.width;
  const prototypes = outputs.length === 2 && first?.dims.length === 3 && isMask(second?.dims);
  const mask = outputs.length === 1 && isMask(first?.dims);
  if (prototypes || mask) throw otherTask('segmentation', shapes);
  return undefined;
}

function otherTask(task: string, got: string): AgentError {
  return new AgentError(
    'model_task_unsupported',
    `expected an object detector, got outputs of a model for ${task}: ${got}`,
    { detail: { expected: 'detection', got, mend: 'give a detection model' } },
  );
}
