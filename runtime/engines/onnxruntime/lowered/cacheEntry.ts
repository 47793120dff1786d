import type { LoweredModel } from './loweredModel.js';

/** What is remembered of a graph: its lowered form, or that it runs quicker as it stands. */
export interface CacheEntry {
  readonly note: string;
  readonly lowered?: Pick<LoweredModel, 'bytes' | 'surface'>;
}

/** Returns a line of JSON and the ONNX file, if there is one. */
export function encodeEntry({ note, lowered }: CacheEntry): Uint8Array {
  const head = JSON.stringify({ note, surface: lowered?.surface });
  return Buffer.concat([Buffer.from(`${head}\n`), lowered?.bytes ?? new Uint8Array()]);
}

/** @throws SyntaxError */
export function decodeEntry(content: Buffer): CacheEntry {
  const headEnd = content.indexOf('\n');
  const { note, surface } = JSON.parse(content.toString('utf8', 0, headEnd));
  return surface === undefined
    ? { note }
    : { note, lowered: { surface, bytes: content.subarray(headEnd + 1) } };
}
