import type { NextFunction, Request, Response } from 'express';
import { AgentError, errorCodes, toAgentError } from '../../runtime/errors.js';
import type { HttpDeps } from './deps.js';
import type { HttpMetrics } from './httpMetrics.js';

/**
 * Returns the error handler of the app: `{error: {code, message, detail}}` with the status of the table, and
 * `Retry-After` with every 503. Of an error that nobody foresaw the client gets the code alone.
 */
export function answerErrors(deps: HttpDeps, metrics: HttpMetrics) {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const error = toAgentError(thrown);
    metrics.noteRejection(error);
    if (error.code === 'internal') deps.observer?.onDefect?.(error, `${request.method} ${request.path}`);
    if (response.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendError(response, error);
  };
}

/** Answers with `error`, with its own status unless another is given. */
export function sendError(response: Response, error: AgentError, status = error.httpStatus): void {
  if (status === 503) response.set('Retry-After', String(error.detail.retryAfterS ?? 1));
  const shown = error.code === 'internal' ? new AgentError('internal', errorCodes.internal.summary) : error;
  response.status(status).json({ error: shown });
}
