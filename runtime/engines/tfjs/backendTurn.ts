import type { TensorflowJs } from './operator.js';

/** The end of the last turn that was given out in this process, or thread. */
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Returns what `task` returns, run while `backend` is TensorFlow.js's backend. That setting is global to the process, so
 * that tasks of all sessions take turns.
 */
export function inBackend<Result>(
  tf: TensorflowJs,
  backend: string,
  task: () => Result | Promise<Result>,
): Promise<Result> {
  const turn = lastTurn.then(async () => {
    if (tf.getBackend() !== backend) await tf.setBackend(backend);
    return task();
  });
  lastTurn = turn.catch(() => undefined);
  return turn;
}
