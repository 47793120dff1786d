import type { ImageCodes } from '../../imageCodes.js';

/** What is remembered of a graph: its lowered form, or that it runs quicker as it stands. */
export interface CacheEntry {
  readonly note: string;
  readonly lowered?: {
    /** An ONNX file. */
    readonly bytes: Uint8Array;
    readonly codes: Readonly<Record<string, ImageCodes>>;
  };
}

/** Returns a line of JSON and the ONNX file, if there is one. */
export function encodeEntry({ note, lowered }: CacheEntry): Uint8Array {
  const head = JSON.stringify({ note, codes: lowered?.codes });
  return Buffer.concat([Buffer.from(`${head}\n`), lowered?.bytes ?? new Uint8Array()]);
}

/** @throws SyntaxError */
export function decodeEntry(content: Buffer): CacheEntry {
  const headEnd = content.indexOf('\n');
  const { note, codes } = JSON.parse(content.toString('utf8', 0, headEnd));
  return codes === undefined ? { note } : { note, lowered: { codes, bytes: content.subarray(headEnd + 1) } };
}
