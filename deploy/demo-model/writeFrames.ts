/**
 * Writes a data set of the synthetic camera: COCO ground truth (`annotations.json`, boxes in pixels of the rendered frame)
 * with JPEG files, or with one array for training.
 *
 *     node dist/deploy/demo-model/writeFrames.js --out DIR [--site hall,yard] [--seed 1] [--count 4000]
 *       [--per-camera 16] [--stride 17] [--size 320x320] [--drift night|fog|dirt]
 *
 * Every `--per-camera` frames, `--stride` frames apart, the camera moves to the next site and the next seed: seeds are
 * 1000000 * seed + 0, 1, 2 ..., so sets of different `--seed` share no camera. With `--size` the frames are
 * `frames.npy`, `[count, 3, height, width]` bytes, decoded and stretched as the runtime does it; without, they are
 * `images/NAME.jpg`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseCameraSpec } from '../../calibrate/frames/synthetic/cameraSpec.js';
import { encodeJpeg } from '../../calibrate/frames/synthetic/encodeJpeg.js';
import { SceneRenderer } from '../../calibrate/frames/synthetic/sceneRenderer.js';
import { type NamedTruth, syntheticTruth } from '../../calibrate/frames/synthetic/syntheticTruth.js';
import { networkBytes } from './networkBytes.js';
import { NpyFile } from './npyFile.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    site: { type: 'string', default: 'hall,yard' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '4000' },
    'per-camera': { type: 'string', default: '16' },
    stride: { type: 'string', default: '17' },
    size: { type: 'string' },
    drift: { type: 'string' },
  },
});
if (values.out === undefined) throw new TypeError('expected --out DIR');
const folder = values.out;
const sites = values.site.split(',');
const count = wholeNumber('count');
const perCamera = wholeNumber('per-camera');
const stride = wholeNumber('stride');
const firstSeed = 1_000_000 * wholeNumber('seed');
const drift = values.drift === undefined ? '' : `&drift=${values.drift}`;
const [width, height] = values.size?.split('x').map(Number) ?? [];

await mkdir(join(folder, 'images'), { recursive: true });
const array =
  width && height ? await NpyFile.create(join(folder, 'frames.npy'), [count, 3, height, width]) : undefined;
const frames: NamedTruth[] = [];
for (let camera = 0; frames.length < count; camera++) {
  const site = sites[camera % sites.length]!;
  const seed = firstSeed + camera;
  const renderer = new SceneRenderer(parseCameraSpec(`synthetic:${site}?seed=${seed}${drift}`));
  for (let number = 0; number < perCamera && frames.length < count; number++) {
    const { image, truth } = renderer.render(number * stride);
    const jpeg = await encodeJpeg(image);
    const name = `${site}-${seed}-${String(number * stride).padStart(6, '0')}.jpg`;
    if (array && width && height) await array.append(await networkBytes(jpeg, { width, height }));
    else await writeFile(join(folder, 'images', name), jpeg);
    frames.push({ name, width: image.width, height: image.height, truth });
  }
  process.stderr.write(`\r${frames.length} of ${count} frames`);
}
await array?.close();
const truth = syntheticTruth(frames);
await writeFile(join(folder, 'annotations.json'), JSON.stringify(truth));
process.stderr.write(`, ${truth.annotations.length} annotations\n`);

function wholeNumber(key: 'count' | 'per-camera' | 'stride' | 'seed'): number {
  const value = Number(values[key]);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new TypeError(`--${key}: expected a whole number, got ${values[key]}`);
}
