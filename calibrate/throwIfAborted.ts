import { AgentError } from '../runtime/errors.js';

/**
 * @param message of an abort that brings no error of its own
 * @throws AgentError the signal's reason where that is one, else `aborted`
 */
export function throwIfAborted(signal: AbortSignal | undefined, message = 'the work was cancelled'): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof AgentError) throw signal.reason;
  throw new AgentError('aborted', message, { cause: signal.reason });
}
