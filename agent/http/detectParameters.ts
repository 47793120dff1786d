import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { AgentError } from '../../runtime/errors.js';

/** Query and form fields are text, JSON members are numbers. */
const ratio = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^\d*\.?\d+$/)
        .transform(Number),
    ],
    'must be a number from 0 to 1',
  )
  .pipe(z.number().min(0).max(1));

const parametersSchema = z.strictObject({
  scoreThreshold: ratio.optional(),
  /** DeepStack's name for the same. */
  min_confidence: ratio.optional(),
});

const timeoutSchema = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number of milliseconds')
  .transform(Number)
  .pipe(z.number().min(1));

/**
 * Returns the score threshold that the request asks for, if any.
 *
 * @throws AgentError `bad_request`, naming the parameter
 */
export function parseScoreThreshold(parameters: Readonly<Record<string, unknown>>): number | undefined {
  const { scoreThreshold, min_confidence } = parsed(parametersSchema, parameters, 'parameter');
  return scoreThreshold ?? min_confidence;
}

/**
 * Returns the deadline that the client set with `X-Request-Timeout-Ms`, if any.
 *
 * @throws AgentError `bad_request`
 */
export function parseDeadlineMs(headers: IncomingHttpHeaders): number | undefined {
  const header = headers['x-request-timeout-ms'];
  return header === undefined ? undefined : parsed(timeoutSchema, header, 'header X-Request-Timeout-Ms');
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const where = [what, ...issue.path].join(' ');
  throw new AgentError('bad_request', `${where}: ${issue.message}`, { detail: { where } });
}
