import { AgentError, type ErrorCode, type ErrorDetail, toAgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { LoadOptions, TensorInfo, TensorMap } from '../engine.js';

/** What a session's thread may be asked for: the load once and first, disposal once and last. */
export interface Calls {
  load: { readonly request: LoadRequest; readonly answer: Ports };
  run: { readonly request: RunRequest; readonly answer: RunAnswer };
  dispose: { readonly request: undefined; readonly answer: undefined };
}

export interface LoadRequest {
  readonly engineName: string;
  readonly graph: Graph;
  readonly options: Omit<LoadOptions, 'thread'>;
}

/** Feeds and results move: whoever has sent them has them no more. */
export interface RunRequest {
  readonly feeds: TensorMap;
  readonly outputs: readonly string[] | undefined;
}

export interface RunAnswer {
  /** By the names of outputs, or of the pieces that they come in. */
  readonly results: TensorMap;
  /** The memory of the feeds, given back. */
  readonly feedBuffers: readonly ArrayBuffer[];
  /** What the run took, without its wait for others. */
  readonly runMs: number;
}

/** What is known of a session once it is loaded. */
export interface Ports {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly loweringNote: string | undefined;
}

export type Request = {
  [Kind in keyof Calls]: {
    readonly id: number;
    readonly kind: Kind;
    readonly request: Calls[Kind]['request'];
  };
}[keyof Calls];

/** The answer to the request with the same id. */
export type Reply =
  | { readonly id: number; readonly answer: Calls[keyof Calls]['answer'] }
  | { readonly id: number; readonly error: ErrorMessage };

/** An AgentError in a form that crosses threads. */
export interface ErrorMessage {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: ErrorDetail;
  readonly cause: Error | undefined;
}

export function toErrorMessage(error: unknown): ErrorMessage {
  const { code, message, detail, cause } = toAgentError(error);
  return { code, message, detail, cause: cause instanceof Error ? cause : undefined };
}

export function fromErrorMessage({ code, message, detail, cause }: ErrorMessage): AgentError {
  return new AgentError(code, message, cause === undefined ? { detail } : { detail, cause });
}
