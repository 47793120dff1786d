import test from 'ava';
import { inputTransform } from '../../../runtime/detector/geometry.js';
import type { RawImage } from '../../../runtime/detector/image.js';
import { inputTensor } from '../../../runtime/detector/preprocess.js';
import { imageCodes } from '../../../runtime/engines/imageCodes.js';
import { assertClose } from '../../helpers/close.js';
import { type ManifestParts, testManifest } from '../../helpers/manifests.js';

type Input = NonNullable<ManifestParts['input']>;

/** A grey picture, one number per pixel. */
function grey(width: number, values: readonly number[]): RawImage {
  return { width, height: values.length / width, data: Uint8Array.from(values.flatMap((v) => [v, v, v])) };
}

function prepared(picture: RawImage, input: Input) {
  const manifest = testManifest({ input }).input;
  const tensor = inputTensor(picture, inputTransform(manifest, picture), { input: manifest });
  const plane = manifest.shape[2] * manifest.shape[3];
  const data = tensor.data as Float32Array;
  return { tensor, planes: [0, 1, 2].map((c) => [...data.subarray(c * plane, (c + 1) * plane)]) };
}

test('a picture of the size of the input keeps every byte', (t) => {
  const { tensor, planes } = prepared(grey(2, [0, 1, 254, 255]), { shape: [1, 3, 2, 2] });
  t.deepEqual(tensor.dims, [1, 3, 2, 2]);
  t.is(tensor.dtype, 'float32');
  for (const plane of planes) assertClose(t, plane, { expected: [0, 1, 254, 255] });
});

test('mean and std are those of the channels in the order of the network', (t) => {
  const picture = { width: 1, height: 1, data: Uint8Array.of(10, 20, 30) };
  const input: Input = { shape: [1, 3, 1, 1], mean: [1, 2, 3], std: [2, 4, 5] };
  const rgb = prepared(picture, { ...input, color: 'RGB' }).planes.flat();
  assertClose(t, rgb, { expected: [(10 - 1) / 2, (20 - 2) / 4, (30 - 3) / 5] });
  const bgr = prepared(picture, { ...input, color: 'BGR' }).planes.flat();
  assertClose(t, bgr, { expected: [(30 - 1) / 2, (20 - 2) / 4, (10 - 3) / 5] });
});

test('enlarging interpolates between pixel centres and repeats the border', (t) => {
  // Sample i lies at (i + 0.5) / 2 - 0.5 = -0.25, 0.25, 0.75, 1.25.
  const { planes } = prepared(grey(2, [0, 100]), { shape: [1, 3, 1, 4] });
  assertClose(t, planes[0]!, { expected: [0, 25, 75, 100] });
});

test('reducing reads the nearest pixels only, without antialiasing', (t) => {
  // Samples lie at (i + 0.5) * 3 - 0.5 = 1 and 4: whole pixels.
  const { planes } = prepared(grey(6, [9, 20, 9, 9, 50, 9]), { shape: [1, 3, 1, 2] });
  assertClose(t, planes[0]!, { expected: [20, 50] });
});

test('both axes are interpolated', (t) => {
  // One sample in the middle of four pixels.
  const { planes } = prepared(grey(2, [0, 40, 80, 120]), { shape: [1, 3, 1, 1] });
  assertClose(t, planes[1]!, { expected: [60] });
});

test('what lies between bytes is rounded to the nearest, before it is normalised', (t) => {
  // Samples lie at a quarter and three quarters of the way from 0 to 2, and on the ends.
  const { planes } = prepared(grey(2, [0, 2]), {
    shape: [1, 3, 1, 4],
    mean: [0, 10, 0],
    std: [1, 2, 0.5],
  });
  assertClose(t, planes[0]!, { expected: [0, 1, 2, 2] });
  assertClose(t, planes[1]!, { expected: [-5, -4.5, -4, -4] });
  assertClose(t, planes[2]!, { expected: [0, 2, 4, 4] });
});

test('padding is normalised like pixels', (t) => {
  const { planes } = prepared(grey(1, [7]), {
    shape: [1, 3, 1, 3],
    resize: 'letterbox',
    padValue: 114,
    mean: [100, 100, 100],
    std: [2, 2, 2],
  });
  assertClose(t, planes[2]!, { expected: [(114 - 100) / 2, (7 - 100) / 2, (114 - 100) / 2] });
});

test('letterbox-top-left pads right or below', (t) => {
  const input = { resize: 'letterbox-top-left', padValue: 5 } as const;
  const below = prepared(grey(2, [1, 2]), { ...input, shape: [1, 3, 3, 2] });
  assertClose(t, below.planes[0]!, { expected: [1, 2, 5, 5, 5, 5] });
  const right = prepared(grey(1, [1, 2]), { ...input, shape: [1, 3, 2, 3] });
  assertClose(t, right.planes[0]!, { expected: [1, 5, 5, 2, 5, 5] });
});

test('one pixel fills any input', (t) => {
  const { planes } = prepared(grey(1, [42]), { shape: [1, 3, 2, 3] });
  assertClose(t, planes.flat(), { expected: Array<number>(18).fill(42) });
});

test('an input as codes is the float input, quantized', (t) => {
  const picture = { width: 5, height: 7, data: Uint8Array.from({ length: 105 }, (_, at) => (at * 37) % 256) };
  const { input } = testManifest({
    input: { shape: [1, 3, 4, 6], mean: [10, 20, 30], padValue: 7.5, resize: 'letterbox' },
  });
  const transform = { left: 1, top: 0, width: 2, height: 2, original: picture };
  const [, , height, width] = input.shape;
  const steps = [{ op: 'Mul', values: [0.31, 0.47, 0.53] }] as const;
  const grid = { channels: 3, steps, scale: 0.7, zeroPoint: 5 };
  const float = inputTensor(picture, transform, { input });
  for (const codes of [
    { ...grid, dims: [1, height, width, 4] as const, blockSize: 1 },
    { ...grid, dims: [1, height / 2, width / 2, 12] as const, blockSize: 2 },
    { ...grid, dims: [1, height / 2, width / 2, 16] as const, blockSize: 2 },
  ]) {
    t.deepEqual(inputTensor(picture, transform, { input, codes }), imageCodes(float, codes));
  }
});
