import sharp, { type Sharp } from 'sharp';
import { AgentError } from '../errors.js';
import type { Size } from './geometry.js';
import { assertImageType } from './imageType.js';
import { plainJpegSize } from './jpegSize.js';

// Pictures are decoded side by side, so one thread each is the fastest, and no two frames of a camera are equal, so
// that libvips' cache of operations would only hold memory.
sharp.concurrency(1);
sharp.cache(false);

/** Pixels that are decoded: interleaved RGB, 8 bits, row-major from the top left. */
export interface RawImage extends Size {
  /** `[height, width, 3]` */
  readonly data: Uint8Array;
}

export interface DecodedImage extends RawImage {
  /** Its size after EXIF rotation and before resizing. */
  readonly original: Size;
}

export interface DecodeOptions {
  /** A picture of more pixels is refused before it is decoded. Default 50,000,000. */
  readonly maxPixels?: number;
  /**
   * Given the picture's size, the size that the caller will sample it at, whatever its aspect. With `bilinear`
   * (default) it comes back halved as often as it stays at least that large, for the caller to do the rest: cheap
   * in a JPEG decoder, and nothing aliases. With `cubic` it comes back at that size, antialiased. Without a
   * target it comes back in full.
   */
  readonly target?: (original: Size) => Size;
  readonly interpolation?: 'bilinear' | 'cubic';
}

export const defaultMaxPixels = 50_000_000;

/**
 * Returns the pixels of a JPEG, PNG or WebP, or of raw RGB.
 *
 * EXIF rotation is applied; grey, CMYK, 16-bit and palette pictures become 8-bit RGB; alpha and colour profiles
 * are dropped; of an animation the first frame is taken. Raw data is returned as it is, not copied, unless resized.
 *
 * @throws AgentError `image_too_large` before decoding, `image_undecodable` for bytes that are no image or a
 *   damaged one, `image_type_unsupported` for an image of another type
 */
export async function decodeImage(
  image: Uint8Array | RawImage,
  options: DecodeOptions = {},
): Promise<DecodedImage> {
  const encoded = image instanceof Uint8Array;
  if (encoded) assertImageType(image);
  const maxPixels = options.maxPixels ?? defaultMaxPixels;
  const original = encoded ? (plainJpegSize(image) ?? (await encodedSize(image))) : rawSize(image);
  assertPixels(original, maxPixels);
  const size = decodedSize(original, options);
  const resized = size.width !== original.width || size.height !== original.height;
  if (!encoded && !resized) return { ...original, data: image.data, original };

  const pipeline = encoded
    ? sharp(image, { ignoreIcc: true, limitInputPixels: maxPixels }).autoOrient()
    : sharp(image.data, { raw: { ...original, channels: 3 }, limitInputPixels: maxPixels });
  if (resized) {
    const kernel = options.interpolation === 'cubic' ? 'cubic' : 'linear';
    pipeline.resize(size.width, size.height, { fit: 'fill', kernel });
  }
  return { ...(await rgbPixels(pipeline)), original };
}

function decodedSize(original: Size, { target, interpolation }: DecodeOptions): Size {
  if (!target) return original;
  const wanted = target(original);
  if (interpolation === 'cubic') return wanted;
  const excess = Math.min(original.width / wanted.width, original.height / wanted.height);
  const factor = 2 ** Math.max(0, Math.floor(Math.log2(excess)));
  return { width: Math.ceil(original.width / factor), height: Math.ceil(original.height / factor) };
}

async function rgbPixels(pipeline: Sharp): Promise<RawImage> {
  try {
    const { data, info } = await pipeline
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (cause) {
    throw undecodable(cause);
  }
}

/** Reads the header only. */
async function encodedSize(bytes: Uint8Array): Promise<Size> {
  try {
    const { autoOrient } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (cause) {
    throw undecodable(cause);
  }
}

function rawSize({ width, height, data }: RawImage): Size {
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (whole && data.length === width * height * 3) return { width, height };
  const expected = 'width * height * 3 bytes, width and height whole and positive';
  const got = `${data.length} bytes for ${width}x${height}`;
  throw new AgentError('image_undecodable', `raw image: expected ${expected}, got ${got}`, {
    detail: { expected, got },
  });
}

function assertPixels({ width, height }: Size, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new AgentError(
    'image_too_large',
    `expected an image of at most ${maxPixels} pixels, got ${width}x${height} = ${width * height}`,
    { detail: { expected: maxPixels, got: width * height } },
  );
}

function undecodable(cause: unknown): AgentError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AgentError('image_undecodable', `the image cannot be decoded: ${reason}`, { cause });
}
