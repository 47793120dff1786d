import type { Output } from './output.js';

/** What a command gets besides its arguments. */
export interface CommandContext {
  readonly output: Output;
  /** Aborts on SIGINT, SIGTERM and when the parent that forked this process is gone; its reason is an AgentError. */
  readonly signal: AbortSignal;
  /** Says what an interruption from now on leaves behind, e.g. the path of a checkpoint. */
  keep(text: string): void;
}
