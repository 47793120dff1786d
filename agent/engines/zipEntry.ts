import { inflateRawSync } from 'node:zlib';

/** Sizes and marks of the records of a ZIP file, all little-endian. Source: PKWARE APPNOTE.TXT 4.3 */
const endRecord = { mark: 0x06054b50, sizeBytes: 22 };
const centralRecord = { mark: 0x02014b50, sizeBytes: 46 };
const localRecord = { mark: 0x04034b50, sizeBytes: 30 };
const longestComment = 0xffff;
const methods = { stored: 0, deflated: 8 };

interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly offset: number;
}

/** Returns the names of the files in a ZIP file. @throws RangeError where it is cut short or none */
export function zipNames(zip: Buffer): string[] {
  return [...entries(zip)].map(({ name }) => name);
}

/**
 * Returns the bytes of one file in a ZIP file, or undefined where it holds none of that name. ZIP64 is not read.
 *
 * @throws RangeError where the ZIP file is cut short or none; Error where the packed bytes are damaged
 */
export function zipEntry(zip: Buffer, name: string): Buffer | undefined {
  for (const entry of entries(zip)) if (entry.name === name) return unpacked(zip, entry);
  return undefined;
}

function* entries(zip: Buffer): Generator<ZipEntry> {
  const end = findEnd(zip);
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    assertMark(zip, at, centralRecord.mark);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    const nameAt = at + centralRecord.sizeBytes;
    yield {
      name: zip.toString('utf8', nameAt, nameAt + nameBytes!),
      method: zip.readUInt16LE(at + 10),
      packedBytes: zip.readUInt32LE(at + 20),
      offset: zip.readUInt32LE(at + 42),
    };
    at = nameAt + nameBytes! + extraBytes! + commentBytes!;
  }
}

function unpacked(zip: Buffer, { name, method, packedBytes, offset }: ZipEntry): Buffer {
  assertMark(zip, offset, localRecord.mark);
  const start =
    offset + localRecord.sizeBytes + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
  const packed = zip.subarray(start, start + packedBytes);
  if (packed.length < packedBytes) throw new RangeError(`the file ends within ${name}`);
  if (method === methods.stored) return packed;
  if (method === methods.deflated) return inflateRawSync(packed);
  throw new RangeError(`${name} is packed by method ${method}`);
}

/** Only a comment may follow the last record, which is searched from behind. */
function findEnd(zip: Buffer): number {
  const last = zip.length - endRecord.sizeBytes;
  for (let at = last; at >= Math.max(0, last - longestComment); at--) {
    if (zip.readUInt32LE(at) === endRecord.mark) return at;
  }
  throw new RangeError('it is no ZIP file, or is cut short');
}

function assertMark(zip: Buffer, at: number, mark: number): void {
  if (zip.readUInt32LE(at) !== mark) throw new RangeError('it is damaged');
}
