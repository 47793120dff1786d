import { AgentError, type ErrorCode, type ErrorDetail, toAgentError } from '../../errors.js';
import type { LoadOptions, TensorMap } from '../engine.js';

/** What a session's thread starts with. */
export interface ThreadData {
  readonly engineName: string;
  /** The graph as an ONNX file. */
  readonly onnx: Uint8Array;
  readonly options: LoadOptions;
}

export interface RunRequest {
  readonly id: number;
  readonly feeds: TensorMap;
  readonly outputs: readonly string[] | undefined;
}

/** The answer to a run, or with id 0 to the load. */
export type Reply =
  | { readonly id: number; readonly tensors: TensorMap }
  | { readonly id: number; readonly error: ErrorMessage };

interface ErrorMessage {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: ErrorDetail;
  readonly cause: string | undefined;
}

/** Returns the error in a form that crosses threads; of its cause the message. */
export function toErrorMessage(error: unknown): ErrorMessage {
  const { code, message, detail, cause } = toAgentError(error);
  return { code, message, detail, cause: cause instanceof Error ? cause.message : undefined };
}

export function fromErrorMessage({ code, message, detail, cause }: ErrorMessage): AgentError {
  return new AgentError(code, message, {
    detail,
    ...(cause === undefined ? {} : { cause: new Error(cause) }),
  });
}
