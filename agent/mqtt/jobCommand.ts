import { z } from 'zod';
import { AgentError } from '../../runtime/errors.js';

export const longestPayloadBytes = 128 * 1024;

/** What an operator may ask of a job, whose id is in the topic. */
export type JobCommand =
  | { readonly action: 'create'; readonly kind: string; readonly params: Readonly<Record<string, unknown>> }
  | { readonly action: 'cancel' };

const envelope = z.object({
  action: z.string(),
  /** Names of fields that the receiver has to understand. */
  crit: z.array(z.string()).default([]),
});

const create = z.object({ kind: z.string().min(1), params: z.record(z.string(), z.unknown()).default({}) });

const understood = new Set(['action', 'kind', 'params', 'crit']);

/**
 * Returns the command that a payload holds: `{"action":"create","kind":"calibrate","params":{…}}` or
 * `{"action":"cancel"}`. Unknown fields are ignored, unless `crit` names them.
 *
 * @throws AgentError `command_malformed`, `command_unknown`
 */
export function parseJobCommand(payload: Buffer): JobCommand {
  if (payload.byteLength > longestPayloadBytes) {
    throw malformed(`expected at most ${longestPayloadBytes} bytes, got ${payload.byteLength}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw malformed(`expected JSON in UTF-8: ${(cause as Error).message}`, cause);
  }
  const { action, crit } = parseAs(envelope, value);
  const critical = crit.filter((field) => !understood.has(field));
  if (critical.length > 0)
    throw unknown(`this agent does not know the critical field ${critical.join(', ')}`);
  if (action === 'create') return { action, ...parseAs(create, value) };
  if (action === 'cancel') return { action };
  throw unknown(`expected the action create or cancel, got ${action}`);
}

function parseAs<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw malformed(`key ${issue.path.join('.') || '(top level)'}: ${issue.message}`);
}

function malformed(message: string, cause?: unknown): AgentError {
  return new AgentError('command_malformed', message, cause === undefined ? {} : { cause });
}

function unknown(message: string): AgentError {
  return new AgentError('command_unknown', message);
}
