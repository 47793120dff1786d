const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;

/**
 * Cuts a stream of JPEG images written one after the other into images.
 *
 * It walks the marker segments (ISO/IEC 10918-1, B.1.1) and doesn't search for end markers, because a
 * segment may hold a whole thumbnail.
 */
export class JpegSplitter {
  /** From the start of the current image on. */
  #pending: Buffer = Buffer.alloc(0);
  /** Where the walk goes on: at a marker, or within a scan's data. */
  #position = 0;
  #inScan = false;

  /**
   * Returns the images that `chunk` completes; they own their bytes.
   *
   * @throws RangeError when the bytes are not JPEG images in a row
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const images: Uint8Array[] = [];
    for (let end = this.#findEnd(); end !== undefined; end = this.#findEnd()) {
      images.push(Uint8Array.from(this.#pending.subarray(0, end)));
      this.#pending = this.#pending.subarray(end);
      this.#position = 0;
      this.#inScan = false;
    }
    return images;
  }

  /** Returns the length of the current image, or undefined when more bytes are needed. */
  #findEnd(): number | undefined {
    const bytes = this.#pending;
    for (;;) {
      if (this.#inScan) {
        const marker = findMarker(bytes, this.#position);
        this.#position = marker.position;
        if (!marker.found) return undefined;
        this.#inScan = false;
      }
      if (this.#position + 2 > bytes.length) return undefined;
      const code = bytes[this.#position + 1]!;
      if (bytes[this.#position] !== 0xff || (this.#position === 0) !== (code === startOfImage)) {
        throw new RangeError(`expected a JPEG marker at byte ${this.#position} of an image`);
      }
      if (code === endOfImage) return this.#position + 2;
      if (code === startOfImage) {
        this.#position += 2;
      } else if (code === 0xff) {
        this.#position += 1; // Any number of fill bytes may stand before a marker's code.
      } else {
        if (this.#position + 4 > bytes.length) return undefined;
        this.#position += 2 + bytes.readUInt16BE(this.#position + 2);
        this.#inScan = code === startOfScan;
      }
    }
  }
}

/**
 * Finds the next marker in a scan's data, in which FF 00 is a stuffed byte and FF D0 to FF D7 are restarts.
 */
function findMarker(bytes: Buffer, from: number): { readonly found: boolean; readonly position: number } {
  let position = bytes.indexOf(0xff, from);
  while (position >= 0 && position + 1 < bytes.length) {
    const code = bytes[position + 1]!;
    if (code !== 0x00 && (code < 0xd0 || code > 0xd7)) return { found: true, position };
    position = bytes.indexOf(0xff, position + 2);
  }
  return { found: false, position: position >= 0 ? position : Math.max(from, bytes.length) };
}
