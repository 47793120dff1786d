import { AgentError } from '../../runtime/errors.js';

/** Where a search writes down how far it is: lines, of which none is ever changed. */
export interface Checkpoint {
  /** Returns the lines that there are to go on from, none for a search that starts anew. Called once, first. */
  load(): Promise<readonly string[]>;
  /** Adds a line, which holds no line break; returns when it is kept whatever becomes of the process. */
  append(line: string): Promise<void>;
}

/** What has to be equal for a checkpoint to be gone on from, by the name that messages call it. */
export type CheckpointKey = Readonly<Record<string, string | number>>;

/** Returns the error for a checkpoint that is not one of this search. */
export function checkpointMismatch(
  what: string,
  { cause, ...detail }: { cause?: unknown; differences?: unknown; where?: string } = {},
): AgentError {
  return new AgentError('checkpoint_mismatch', `the checkpoint cannot be resumed: ${what}`, {
    ...(cause !== undefined && { cause }),
    detail: { ...detail, mend: 'run again without --resume' },
  });
}
