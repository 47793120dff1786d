import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { AgentError } from '../../runtime/errors.js';
import { parseMultipart } from './multipart.js';

/** An encoded image and the parameters that came along in the body. */
export interface ImageBody {
  readonly image: Uint8Array;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const rawTypes = ['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream'];
const acceptedTypes = [...rawTypes, 'multipart/form-data', 'application/json'];
const jsonBody = z.looseObject({ image: z.base64('must be base64').min(1, 'must not be empty') });

/**
 * Refuses a body by its headers alone, so that it need not be read.
 *
 * @throws AgentError `image_type_unsupported`
 */
export function checkImageHeaders(headers: IncomingHttpHeaders): void {
  const type = mediaType(headers);
  if (!acceptedTypes.includes(type)) throw unsupported('Content-Type', acceptedTypes, type);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw unsupported('Content-Encoding', ['identity'], encoding);
}

/**
 * Returns the image in a body: the whole of it (`image/…`, `application/octet-stream`), the file field `image` of
 * `multipart/form-data`, or the base64 member `image` of `application/json`.
 *
 * @throws AgentError `bad_request`
 */
export async function parseImageBody(headers: IncomingHttpHeaders, body: Buffer): Promise<ImageBody> {
  if (body.length === 0) throw new AgentError('bad_request', 'expected an image as the body, got nothing');
  switch (mediaType(headers)) {
    case 'multipart/form-data':
      return parseMultipart(headers, body);
    case 'application/json':
      return parseJson(body);
    default:
      return { image: body, parameters: {} };
  }
}

function parseJson(body: Buffer): ImageBody {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AgentError('bad_request', `expected a JSON body: ${(cause as Error).message}`, { cause });
  }
  const result = jsonBody.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const key = issue.path.join('.') || '(top level)';
    throw new AgentError('bad_request', `JSON body: key ${key}: ${issue.message}`, { detail: { key } });
  }
  const { image, ...parameters } = result.data;
  return { image: Buffer.from(image, 'base64'), parameters };
}

function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
}

function unsupported(where: string, expected: readonly string[], got: string): AgentError {
  return new AgentError(
    'image_type_unsupported',
    `${where}: expected ${expected.join(', ')}, got ${got || 'nothing'}`,
    { detail: { where, expected, got } },
  );
}
