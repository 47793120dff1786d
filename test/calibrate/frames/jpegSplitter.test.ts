import test from 'ava';
import sharp from 'sharp';
import { JpegSplitter } from '../../../calibrate/frames/jpegSplitter.js';

const picture = (width: number, options: { readonly progressive?: boolean } = {}) =>
  sharp({
    create: {
      width,
      height: 40,
      channels: 3,
      background: 'white',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .jpeg(options)
    .toBuffer();

/** A JPEG with a comment segment that holds start and end markers, as a thumbnail would. */
function withThumbnail(jpeg: Buffer): Buffer {
  const payload = Buffer.from([0xff, 0xd8, 0x00, 0xff, 0xd9, 0xff, 0xda]);
  const segment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, payload.length + 2]), payload]);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

/** Fill bytes before a marker are legal. */
function withFillBytes(jpeg: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xff]), jpeg.subarray(2)]);
}

test('gives back the very images of a stream, whatever the size of its chunks', async (t) => {
  const images = [
    await picture(50),
    await picture(70, { progressive: true }),
    withThumbnail(await picture(30)),
    withFillBytes(await picture(20)),
  ];
  const stream = Buffer.concat(images);
  for (const chunkBytes of [1, 7, 1000, stream.length]) {
    const splitter = new JpegSplitter();
    const found: Buffer[] = [];
    for (let at = 0; at < stream.length; at += chunkBytes) {
      found.push(...splitter.push(stream.subarray(at, at + chunkBytes)).map((image) => Buffer.from(image)));
    }
    t.deepEqual(found, images, `chunks of ${chunkBytes}`);
  }
});

test('an image that is cut short stays pending', async (t) => {
  const image = await picture(50);
  const splitter = new JpegSplitter();
  t.deepEqual(splitter.push(image.subarray(0, -1)), []);
  t.deepEqual(splitter.push(image.subarray(-1)), [Uint8Array.from(image)]);
});

test('images own their bytes', async (t) => {
  const chunk = Buffer.from(await picture(20));
  const [image] = new JpegSplitter().push(chunk);
  chunk.fill(0);
  t.is(image![0], 0xff);
});

test('refuses bytes that are no JPEG, at once and after an image', async (t) => {
  t.throws(() => new JpegSplitter().push(Buffer.from('RIFF....')), { instanceOf: RangeError });
  const image = await picture(20);
  t.throws(() => new JpegSplitter().push(Buffer.concat([image, Buffer.from('garbage')])), {
    message: /byte 0/,
  });
});
