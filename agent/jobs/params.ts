import type { z } from 'zod';
import { AgentError } from '../../runtime/errors.js';

/**
 * Returns the parameters of a command as `schema` reads them; unknown ones are ignored.
 *
 * @throws AgentError `command_malformed`, naming the parameter
 */
export function parseParamsAs<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const key = ['params', ...issue.path].join('.');
  throw new AgentError('command_malformed', `key ${key}: ${issue.message}`, {
    detail: { where: key, expected: issue.message },
  });
}
