import { AgentError, type ErrorCode } from '../../../errors.js';
import type { Handle, Out, Status } from './bindings.js';

/** Source: `LiteRtStatus` in litert/c/litert_common.h of 2.3.0. */
const statusNames: Readonly<Record<Status, string>> = {
  1: 'invalid argument',
  2: 'memory allocation failure',
  3: 'runtime failure',
  4: 'missing input tensor',
  5: 'unsupported',
  6: 'not found',
  7: 'timeout expired',
  8: 'wrong version',
  9: 'unknown',
  10: 'already exists',
  100: 'cancelled',
  500: 'file error',
  501: 'invalid flatbuffer',
  502: 'dynamic loading failure',
  503: 'serialization failure',
  504: 'compilation failure',
};

/** Throws unless `status` is success. @param what the library was to do, as in "LiteRT could not {what}" */
export function assertOk(
  status: Status,
  what: string,
  code: Extract<ErrorCode, 'engine_load_failed' | 'engine_run_failed'>,
): void {
  if (status === 0) return;
  const message = `LiteRT could not ${what}: status ${status}, ${statusNames[status] ?? 'not known'}`;
  throw new AgentError(code, message, { detail: { got: status } });
}

/** Returns the status of a call that the library works on in another thread. @throws AgentError with `code` when it cannot be made */
export function statusOf(
  call: (done: (error: Error | null, status: Status) => void) => void,
  code: Extract<ErrorCode, 'engine_load_failed' | 'engine_run_failed'>,
): Promise<Status> {
  return new Promise((resolve, reject) => {
    call((cause, status) => {
      if (cause) reject(new AgentError(code, `LiteRT: ${cause.message}`, { cause }));
      else resolve(status);
    });
  });
}

/** Returns what `create` makes. @throws AgentError `engine_load_failed` when it fails or makes nothing */
export function created(what: string, create: (out: Out<Handle>) => Status): NonNullable<Handle> {
  const out: Out<Handle> = [null];
  assertOk(create(out), what, 'engine_load_failed');
  return handleIn(out, what);
}

/** As `created`, for what is made in another thread. */
export async function createdAside(
  what: string,
  create: (out: Out<Handle>) => Promise<Status>,
): Promise<NonNullable<Handle>> {
  const out: Out<Handle> = [null];
  assertOk(await create(out), what, 'engine_load_failed');
  return handleIn(out, what);
}

function handleIn([handle]: Out<Handle>, what: string): NonNullable<Handle> {
  if (handle !== null && handle !== undefined) return handle;
  throw new AgentError('engine_load_failed', `LiteRT could not ${what}: it returned nothing`);
}
