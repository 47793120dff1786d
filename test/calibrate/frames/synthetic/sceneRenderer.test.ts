import { createHash } from 'node:crypto';
import test from 'ava';
import { syntheticCategories } from '../../../../calibrate/frames/synthetic/catalog/catalog.js';
import { SceneRenderer } from '../../../../calibrate/frames/synthetic/sceneRenderer.js';
import { askedFor } from '../../../../calibrate/frames/synthetic/truth.js';

const small = { width: 320, height: 240 } as const;
const meanOf = (data: Uint8Array) => data.reduce((sum, byte) => sum + byte, 0) / data.length;
const digestOf = (data: Uint8Array) => createHash('sha256').update(data).digest('hex').slice(0, 16);

/** Written by this renderer on x86-64 with Node 20; any other machine must give the same bytes. */
const golden = [
  { site: 'hall', seed: 1, index: 0, digest: '1f2e82fe78214354' },
  { site: 'yard', seed: 2, index: 40, digest: '47183bff8d7a175b' },
  { site: 'hall', seed: -7, index: 1000, digest: 'da205f22043bb0da' },
] as const;

for (const { digest, index, ...scene } of golden) {
  test(`${scene.site}, seed ${scene.seed}, frame ${index} has the bytes it always had`, (t) => {
    const { image } = new SceneRenderer(scene).render(index);
    t.deepEqual([image.width, image.height, image.data.length], [640, 480, 640 * 480 * 3]);
    t.is(digestOf(image.data), digest);
  });
}

test('a frame does not depend on those rendered before it', (t) => {
  const options = { ...small, site: 'yard', seed: 5 } as const;
  const renderer = new SceneRenderer(options);
  renderer.render(3);
  const after = renderer.render(90);
  const alone = new SceneRenderer(options).render(90);
  t.deepEqual(after.truth, alone.truth);
  t.is(digestOf(after.image.data), digestOf(alone.image.data));
  t.not(digestOf(renderer.render(91).image.data), digestOf(alone.image.data));
});

test('every class occurs, at all scales, and boxes lie inside the picture', (t) => {
  const frames = ['hall', 'yard'].flatMap((site) =>
    [11, 12, 13].flatMap((seed) => {
      const renderer = new SceneRenderer({ ...{ site: site as 'hall', seed }, width: 640, height: 480 });
      return [0, 40, 80].map((index) => renderer.render(index).truth);
    }),
  );
  const objects = frames.flat();
  for (const { bbox, areaPx, visibleShare, crowd } of objects) {
    const [x, y, width, height] = bbox;
    t.true(x >= 0 && y >= 0 && width >= 1 && height >= 1 && x + width <= 640 && y + height <= 480);
    t.true(areaPx > 0 && areaPx <= width * height);
    t.true(visibleShare > 0 && visibleShare <= 1);
    t.is(crowd, visibleShare < askedFor.visibleShare || Math.min(width, height) < askedFor.sidePx);
  }
  const asked = objects.filter(({ crowd }) => !crowd);
  t.deepEqual(
    [...new Set(asked.map(({ categoryId }) => categoryId))].sort(),
    syntheticCategories.map(({ id }) => id),
  );
  t.true(objects.some(({ crowd }) => crowd));
  const sides = asked.map(({ bbox }) => Math.sqrt(bbox[2] * bbox[3]));
  t.true(Math.min(...sides) < 16 && Math.max(...sides) > 150);
  t.true(
    objects.some(({ visibleShare }) => visibleShare < 0.5),
    'heavy occlusion, which is not asked for',
  );
  t.true(
    asked.some(({ visibleShare }) => visibleShare < 0.7),
    'occlusion of what is asked for',
  );
});

test('the yard is darker and warmer than the hall', (t) => {
  const meanColor = (site: 'hall' | 'yard') => {
    const { data } = new SceneRenderer({ ...small, site, seed: 3 }).render(0).image;
    return [0, 1, 2].map((channel) => meanOf(data.filter((_, at) => at % 3 === channel)));
  };
  const [hall, yard] = [meanColor('hall'), meanColor('yard')];
  t.true(hall[1]! > yard[1]! + 25, `${hall} against ${yard}`);
  t.true(yard[0]! / yard[2]! > 1.2 * (hall[0]! / hall[2]!), `${hall} against ${yard}`);
});

test('night falls and fog rises over the frames of a drift', (t) => {
  const frames = (to: 'night' | 'fog') => {
    const drift = { to, fromFrame: 10, overFrames: 20 };
    const renderer = new SceneRenderer({ ...small, site: 'hall', seed: 3, drift });
    return [10, 20, 30].map((index) => renderer.render(index).image.data);
  };
  const night = frames('night').map(meanOf);
  t.true(night[0]! > night[1]! + 10 && night[1]! > night[2]! + 10, String(night));
  const contrast = (data: Uint8Array) => {
    const mean = meanOf(data);
    return meanOf(data.map((byte) => Math.abs(byte - mean)));
  };
  const fog = frames('fog').map(contrast);
  t.true(fog[0]! > 1.3 * fog[2]!, String(fog));
});
