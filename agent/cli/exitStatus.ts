import type { AgentError, ErrorCode } from '../../runtime/errors.js';

/** Exit statuses of `detptq`, the same for every command. */
export const exitStatus = { done: 0, failed: 1, usage: 2, refused: 3, interrupted: 130 } as const;

/** Codes that a wrong command line alone can cause. */
const usageCodes: readonly ErrorCode[] = ['usage', 'engine_unknown', 'bits_out_of_range'];

/** Returns the exit status for an error: 3 when a gate refused, 2 for a wrong command line, 130 when interrupted. */
export function exitStatusOf(error: AgentError, interrupted: boolean): number {
  if (interrupted && error.code === 'aborted') return exitStatus.interrupted;
  if (error.code.startsWith('gate_')) return exitStatus.refused;
  return usageCodes.includes(error.code) ? exitStatus.usage : exitStatus.failed;
}
