import sharp from 'sharp';

/** A grey JPEG. */
export function jpeg(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: 'grey' } })
    .jpeg()
    .toBuffer();
}

/** A JPEG of 16 x 16 pixels whose frame header claims 10,000 x 10,000. */
export async function hundredMegapixelJpeg(): Promise<Buffer> {
  const bytes = await jpeg(16, 16);
  const frameHeader = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(10_000, frameHeader + 5);
  bytes.writeUInt16BE(10_000, frameHeader + 7);
  return bytes;
}
