import type { TensorflowJs } from './operator.js';
import type { Tracer } from './tracer.js';

/** TensorFlow.js with the name of a backend that it has. */
export interface Backend {
  readonly tf: TensorflowJs;
  readonly name: string;
  /** Makes graphs of runs, where the backend runs graphs. */
  readonly tracer?: Tracer;
}

/** The end of the last turn that was given out in this thread. */
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Returns what `task` returns, run when no other task does. Which backend TensorFlow.js uses is one setting of the whole
 * thread, and making one ready is undone by setting another meanwhile: so all that sets it takes turns.
 */
export function inTurn<Result>(task: () => Result | Promise<Result>): Promise<Result> {
  const turn = lastTurn.then(task);
  lastTurn = turn.catch(() => undefined);
  return turn;
}

/** Returns what `task` returns, run while the backend is the one that is set. */
export function inBackend<Result>(
  { tf, name }: Backend,
  task: () => Result | Promise<Result>,
): Promise<Result> {
  return inTurn(async () => {
    if (tf.getBackend() !== name) await tf.setBackend(name);
    return task();
  });
}
