import test from 'ava';
import sharp from 'sharp';
import { decodeImage } from '../../../runtime/detector/image.js';
import { hundredMegapixelJpeg, jpeg } from '../../helpers/pictures.js';

/** Red, green / blue, white. */
const corners = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
const raw = { raw: { width: 2, height: 2, channels: 3 as const } };
/** The four corners as blocks of 16 x 16 pixels, so that JPEG keeps their colours. */
const blocks = () => sharp(corners, raw).resize(32, 32, { kernel: 'nearest' });

/** The colour in the middle of each quarter, rounded to 0 or 255: left to right, top to bottom. */
function quarters({ width, height, data }: { width: number; height: number; data: Uint8Array }) {
  return [0.25, 0.75].flatMap((y) =>
    [0.25, 0.75].map((x) => {
      const at = 3 * (Math.floor(y * height) * width + Math.floor(x * width));
      return [...data.subarray(at, at + 3)].map((value) => (value > 127 ? 255 : 0)).join();
    }),
  );
}
const [red, green, blue, white] = ['255,0,0', '0,255,0', '0,0,255', '255,255,255'];

test('JPEG, PNG and WebP give RGB', async (t) => {
  for (const bytes of await Promise.all([
    blocks().jpeg().toBuffer(),
    blocks().png().toBuffer(),
    blocks().webp().toBuffer(),
  ])) {
    const image = await decodeImage(bytes);
    t.deepEqual([image.width, image.height, image.data.length], [32, 32, 32 * 32 * 3]);
    t.deepEqual(quarters(image), [red, green, blue, white]);
  }
});

test('lossless pictures keep their bytes', async (t) => {
  const { data } = await decodeImage(await sharp(corners, raw).png().toBuffer());
  t.deepEqual([...data], [...corners]);
});

test('every EXIF rotation is undone, and the original size is the upright one', async (t) => {
  const wide = sharp(corners, raw).resize(64, 32, { kernel: 'nearest', fit: 'fill' });
  const upright: Record<number, (string | undefined)[]> = {
    1: [red, green, blue, white],
    2: [green, red, white, blue],
    3: [white, blue, green, red],
    4: [blue, white, red, green],
    5: [red, blue, green, white],
    6: [blue, red, white, green],
    7: [white, green, blue, red],
    8: [green, white, red, blue],
  };
  for (const [orientation, expected] of Object.entries(upright)) {
    const bytes = await wide
      .clone()
      .withMetadata({ orientation: Number(orientation) })
      .jpeg()
      .toBuffer();
    const image = await decodeImage(bytes);
    t.deepEqual(quarters(image), expected, `orientation ${orientation}`);
    const size = Number(orientation) < 5 ? { width: 64, height: 32 } : { width: 32, height: 64 };
    t.deepEqual(image.original, size, `orientation ${orientation}`);
    t.deepEqual({ width: image.width, height: image.height }, size);
  }
});

test('a rotated picture is reduced to the upright target', async (t) => {
  const bytes = await blocks()
    .resize(400, 200, { fit: 'fill' })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const image = await decodeImage(bytes, { target: () => ({ width: 50, height: 100 }) });
  t.deepEqual([image.width, image.height], [50, 100]);
  t.deepEqual(image.original, { width: 200, height: 400 });
  t.deepEqual(quarters(image), [blue, red, white, green]);
});

test('grey, grey with alpha, palette, 16-bit and CMYK pictures become RGB', async (t) => {
  const grey = sharp({ create: { width: 4, height: 4, channels: 3, background: { r: 99, g: 99, b: 99 } } });
  const variants = {
    grey: await grey.clone().toColourspace('b-w').png().toBuffer(),
    greyJpeg: await grey.clone().toColourspace('b-w').jpeg().toBuffer(),
    greyAlpha: await grey.clone().toColourspace('b-w').ensureAlpha(0.5).png().toBuffer(),
    rgba: await grey.clone().ensureAlpha(0.5).png().toBuffer(),
    palette: await grey.clone().png({ palette: true }).toBuffer(),
    deep: await grey.clone().toColourspace('rgb16').png().toBuffer(),
    cmyk: await grey.clone().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(),
  };
  for (const [name, bytes] of Object.entries(variants)) {
    const { data } = await decodeImage(bytes);
    t.is(data.length, 4 * 4 * 3, name);
    t.true(
      data.every((value) => Math.abs(value - 99) <= (name === 'cmyk' ? 20 : 1)),
      `${name}: ${data.subarray(0, 3)}`,
    );
  }
});

test('one pixel and very long pictures decode', async (t) => {
  const one = await decodeImage(await jpeg(1, 1));
  t.is(one.data.length, 3);
  const long = await decodeImage(await jpeg(16_000, 1), { target: () => ({ width: 416, height: 1 }) });
  t.deepEqual(long.original, { width: 16_000, height: 1 });
  t.is(long.data.length, long.width * long.height * 3);
});

test('with bilinear sampling to come, a picture is halved as often as it stays large enough', async (t) => {
  const bytes = await jpeg(1000, 450);
  const reduced = async (width: number, height: number) => {
    const image = await decodeImage(bytes, { target: () => ({ width, height }) });
    return [image.width, image.height];
  };
  t.deepEqual(await reduced(600, 100), [1000, 450]);
  t.deepEqual(await reduced(500, 225), [500, 225]);
  t.deepEqual(await reduced(200, 100), [250, 113]);
  t.deepEqual(await reduced(2000, 900), [1000, 450]);
});

test('cubic interpolation delivers the target itself', async (t) => {
  const image = await decodeImage(await jpeg(100, 50), {
    target: () => ({ width: 30, height: 70 }),
    interpolation: 'cubic',
  });
  t.deepEqual([image.width, image.height], [30, 70]);
});

test('raw RGB passes through as it is, or reduced', async (t) => {
  const image = { width: 2, height: 2, data: corners };
  t.is((await decodeImage(image)).data, corners);
  const reduced = await decodeImage(image, { target: () => ({ width: 1, height: 1 }) });
  t.deepEqual([reduced.width, reduced.height, reduced.data.length], [1, 1, 3]);
  t.deepEqual(reduced.original, { width: 2, height: 2 });
});

test('raw RGB whose size and data disagree is refused', async (t) => {
  for (const size of [
    { width: 2, height: 3 },
    { width: 0, height: 0 },
    { width: 1.5, height: 2 },
    { width: -2, height: -2 },
  ]) {
    await t.throwsAsync(decodeImage({ ...size, data: corners }), { code: 'image_undecodable' });
  }
});

test('a picture of 100 megapixels is refused from its header', async (t) => {
  const bytes = await hundredMegapixelJpeg();
  await t.throwsAsync(decodeImage(bytes), { code: 'image_too_large', message: /50000000.*10000x10000/ });
});

test('a real JPEG of 100 megapixels is refused by default', async (t) => {
  await t.throwsAsync(decodeImage(await jpeg(10_000, 10_000)), { code: 'image_too_large' });
});

test('a camera picture of 12 megapixels is reduced while it is decoded', async (t) => {
  const bytes = await jpeg(4000, 3000);
  const image = await decodeImage(bytes, { target: () => ({ width: 416, height: 416 }) });
  t.deepEqual([image.width, image.height], [1000, 750]);
  t.deepEqual(image.original, { width: 4000, height: 3000 });
});

test('the pixel limit holds for PNG, WebP, rotated and raw pictures, and is inclusive', async (t) => {
  const square = blocks();
  const inputs = [
    await square.clone().png().toBuffer(),
    await square.clone().webp().toBuffer(),
    await square.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) },
  ];
  for (const input of inputs) {
    await t.throwsAsync(decodeImage(input, { maxPixels: 1023 }), { code: 'image_too_large' });
    t.is((await decodeImage(input, { maxPixels: 1024 })).width, 32);
  }
});

test('a truncated or damaged picture is refused, wherever it is cut', async (t) => {
  for (const bytes of [
    await blocks().jpeg().toBuffer(),
    await blocks().png().toBuffer(),
    await blocks().webp().toBuffer(),
  ]) {
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      await t.throwsAsync(
        decodeImage(cut),
        { code: 'image_undecodable' },
        `${share} of ${bytes.length} bytes`,
      );
    }
  }
  const scrambled = Buffer.from(await blocks().jpeg().toBuffer()).fill(0xff, 30, 200);
  await t.throwsAsync(decodeImage(scrambled), { code: 'image_undecodable' });
});

test('bytes that are no image are refused', async (t) => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('hello'),
    Buffer.alloc(5000, 7),
    Buffer.from([0xff, 0xd8, 0xff]),
  ]) {
    await t.throwsAsync(decodeImage(bytes), { code: 'image_undecodable' });
  }
});

test('images of other types are named and never decoded', async (t) => {
  const gif = await blocks().gif().toBuffer();
  const tiff = await blocks().tiff().toBuffer();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  for (const [bytes, name] of [
    [gif, /GIF/],
    [tiff, /TIFF/],
    [svg, /SVG/],
  ] as const) {
    await t.throwsAsync(decodeImage(bytes), { code: 'image_type_unsupported', message: name });
  }
});
