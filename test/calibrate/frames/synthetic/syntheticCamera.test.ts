import test from 'ava';
import sharp from 'sharp';
import { parseGroundTruth } from '../../../../calibrate/evaluate/groundTruth.js';
import type { Frame } from '../../../../calibrate/frames/frame.js';
import { isLabelled } from '../../../../calibrate/frames/labelledSource.js';
import { openFrameSource } from '../../../../calibrate/frames/openSource.js';
import { parseCameraSpec } from '../../../../calibrate/frames/synthetic/cameraSpec.js';
import { SceneRenderer } from '../../../../calibrate/frames/synthetic/sceneRenderer.js';
import { syntheticCamera } from '../../../../calibrate/frames/synthetic/syntheticCamera.js';
import { syntheticTruth } from '../../../../calibrate/frames/synthetic/syntheticTruth.js';
import { AgentError } from '../../../../runtime/errors.js';

const small = { width: 160, height: 120 } as const;

async function take(source: { frames(): AsyncIterable<Frame> }, count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of source.frames()) if (frames.push(frame) === count) break;
  return frames;
}

test('a camera of the configuration is an endless source of JPEG frames, the same whenever it is opened', async (t) => {
  const source = openFrameSource('synthetic:hall?seed=4&width=160&height=120');
  t.true(source.endless);
  const frames = await take(source, 3);
  t.deepEqual(
    frames.map(({ name }) => name),
    ['hall-4-000000.jpg', 'hall-4-000001.jpg', 'hall-4-000002.jpg'],
  );
  const { format, width, height } = await sharp(frames[2]!.bytes).metadata();
  t.deepEqual([format, width, height], ['jpeg', 160, 120]);
  t.deepEqual(await take(openFrameSource('synthetic:hall?seed=4&width=160&height=120'), 3), frames);
});

test('an aborted camera stops', async (t) => {
  const abort = new AbortController();
  let count = 0;
  for await (const _ of syntheticCamera({ ...small, site: 'yard', seed: 1 }).frames(abort.signal)) {
    if (++count === 2) abort.abort();
  }
  t.is(count, 2);
});

test('a camera knows the truth of its frames, as COCO ground truth', async (t) => {
  const camera = syntheticCamera({ ...small, site: 'hall', seed: 6, fps: 2 });
  const frames = await take(camera, 2);
  const coco = syntheticTruth(
    frames.map(({ name }) => ({ ...small, name, truth: camera.truthOf({ name }) })),
  );
  t.deepEqual(
    camera.truthOf(frames[1]!),
    new SceneRenderer({ ...small, site: 'hall', seed: 6, fps: 2 }).render(1).truth,
  );
  t.true(isLabelled(camera));
  t.deepEqual(camera.annotationsOf(frames), coco);
  t.deepEqual(syntheticCamera({ ...small, site: 'hall', seed: 6, fps: 2 }).annotationsOf(frames), coco);
  const truth = parseGroundTruth(JSON.parse(JSON.stringify(coco)), 'synthetic');
  t.deepEqual(
    truth.images.map(({ fileName }) => fileName),
    frames.map(({ name }) => name),
  );
  t.is(truth.categories.length, 8);
  t.is(truth.boxes.length, coco.annotations.length);
  t.true(truth.boxes.some(({ crowd }) => !crowd));
  for (const name of ['yard-6-000000.jpg', 'hall-6-x.jpg', 'a.jpg']) {
    const error = t.throws(() => camera.truthOf({ name }), { instanceOf: AgentError });
    t.is(error.code, 'frames_missing');
  }
});

test('the spec of a camera names its site, seed, time and drift', (t) => {
  t.deepEqual(parseCameraSpec('synthetic:hall'), { site: 'hall', seed: 1 });
  t.deepEqual(
    parseCameraSpec('synthetic:yard?seed=9&fps=2.5&width=320&height=240&drift=fog&from=30&over=60'),
    {
      ...{ site: 'yard', seed: 9, fps: 2.5, width: 320, height: 240 },
      drift: { to: 'fog', fromFrame: 30, overFrames: 60 },
    },
  );
});

for (const [spec, said] of [
  ['synthetic:', 'expected hall or yard, got nothing'],
  ['synthetic:attic', 'expected hall or yard, got attic'],
  ['synthetic:hall?seed=x', 'seed: expected a number from 0'],
  ['synthetic:hall?seed=', 'seed: expected a number from 0'],
  ['synthetic:hall?seed=1.5', 'seed: expected a number from 0'],
  ['synthetic:hall?fps=0', 'fps: expected a number from 0 to 120, got 0'],
  ['synthetic:hall?width=5', 'width: expected a number from 64 to 1920, got 5'],
  ['synthetic:hall?drift=rain', 'expected night or fog or dirt, got rain'],
  ['synthetic:hall?sead=1', 'the key sead is not known here'],
] as const) {
  test(`${spec} is refused`, (t) => {
    const error = t.throws(() => openFrameSource(spec), { instanceOf: AgentError });
    t.is(error.code, 'config_invalid');
    t.true(error.message.includes(said), error.message);
  });
}
