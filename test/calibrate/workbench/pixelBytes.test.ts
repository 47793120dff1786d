import test from 'ava';
import { createRandom } from '../../../calibrate/random.js';
import { pixelBytes, tensorOfPixels } from '../../../calibrate/workbench/pixelBytes.js';
import { inputTransform } from '../../../runtime/detector/geometry.js';
import { inputTensor } from '../../../runtime/detector/preprocess.js';
import { pyramidDetector } from '../../helpers/pyramidDetector.js';

const { input: plain } = pyramidDetector().manifest;
const random = createRandom(5);
const picture = {
  data: Uint8Array.from({ length: 3 * 40 * 30 }, () => Math.floor(256 * random.uniform())),
  width: 40,
  height: 30,
};

for (const [name, { mean, std }] of Object.entries({
  'as bytes': { mean: [0, 0, 0], std: [1, 1, 1] },
  'from 0 to 1': { mean: [0, 0, 0], std: [255, 255, 255] },
  'by the figures of ImageNet': { mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395] },
})) {
  test(`an input ${name} comes back to the last bit`, (t) => {
    const input = { ...plain, mean, std, padValue: 114 } as typeof plain;
    const tensor = inputTensor(picture, inputTransform(input, picture), { input });
    const bytes = pixelBytes(tensor, input)!;
    t.is(bytes.data.byteLength, tensor.data.length);
    t.deepEqual(tensorOfPixels(bytes, input), tensor);
  });
}

test('an input that holds what is no byte has none', (t) => {
  const input = { ...plain, mean: [0, 0, 0], std: [1, 1, 1] } as typeof plain;
  for (const value of [0.5, -1, 256, Number.NaN]) {
    const tensor = inputTensor(picture, inputTransform(input, picture), { input });
    (tensor.data as Float32Array)[100] = value;
    t.is(pixelBytes(tensor, input), undefined, String(value));
  }
});
