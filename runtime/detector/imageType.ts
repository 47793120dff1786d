import { AgentError } from '../errors.js';

const signatures: readonly { readonly type: string; readonly offset: number; readonly start: string }[] = [
  { type: 'JPEG', offset: 0, start: '\xff\xd8\xff' },
  { type: 'PNG', offset: 0, start: '\x89PNG\r\n\x1a\n' },
  { type: 'WebP', offset: 8, start: 'WEBP' },
  { type: 'GIF', offset: 0, start: 'GIF8' },
  { type: 'BMP', offset: 0, start: 'BM' },
  { type: 'TIFF', offset: 0, start: 'II*\0' },
  { type: 'TIFF', offset: 0, start: 'MM\0*' },
  { type: 'HEIF or AVIF', offset: 4, start: 'ftyp' },
  { type: 'SVG', offset: 0, start: '<svg' },
  { type: 'PDF', offset: 0, start: '%PDF' },
];

const accepted = new Set(['JPEG', 'PNG', 'WebP']);

/**
 * Checks by their first bytes that `bytes` claim to be a JPEG, PNG or WebP, so that no other decoder ever sees
 * bytes from outside.
 *
 * @throws AgentError `image_type_unsupported` for an image of another known type, else `image_undecodable`
 */
export function assertImageType(bytes: Uint8Array): void {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  const type = signatures.find(({ offset, start }) => head.startsWith(start, offset))?.type;
  if (type !== undefined && accepted.has(type)) return;
  const expected = 'a JPEG, PNG or WebP image';
  if (type !== undefined) {
    throw new AgentError('image_type_unsupported', `expected ${expected}, got ${type}`, {
      detail: { expected, got: type },
    });
  }
  const got = bytes.length === 0 ? 'no bytes' : `${bytes.length} bytes of no known image type`;
  throw new AgentError('image_undecodable', `expected ${expected}, got ${got}`, {
    detail: { expected, got },
  });
}
