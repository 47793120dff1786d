import type { Writable } from 'node:stream';

/** A message on a pipe is its length in bytes as a uint32, little endian, and so many bytes. */
const lengthBytes = 4;

/** Yields the messages of a byte stream; what a stream that ends within a message had of it is dropped. */
export async function* readMessages(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let wantedBytes = lengthBytes;
  let inLength = true;
  for await (const chunk of stream) {
    held.push(chunk);
    heldBytes += chunk.length;
    while (heldBytes >= wantedBytes) {
      const bytes = held.length === 1 ? held[0]! : Buffer.concat(held);
      const part = bytes.subarray(0, wantedBytes);
      held = [bytes.subarray(wantedBytes)];
      heldBytes -= wantedBytes;
      wantedBytes = inLength ? part.readUInt32LE() : lengthBytes;
      if (!inLength) yield part;
      inLength = !inLength;
    }
  }
}

/** Writes a message and waits until the stream has taken it; a stream that takes nothing more is not told. */
export function writeMessage(stream: Writable, bytes: Uint8Array): Promise<void> {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(bytes.byteLength);
  stream.write(length);
  return new Promise((resolve) => {
    stream.write(bytes, () => resolve());
  });
}
