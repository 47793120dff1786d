import { AgentError, type ErrorCode } from '../errors.js';

const refusals: ReadonlySet<ErrorCode> = new Set([
  'op_unsupported',
  'engine_load_failed',
  'engine_unavailable',
]);

/** Whether a load failed for a reason that lies in the engine: another one may run the graph. */
export function isRefusal(error: unknown): error is AgentError {
  return error instanceof AgentError && refusals.has(error.code);
}
