import test from 'ava';
import { prepareImages } from '../../../calibrate/workbench/images.js';
import { tensorsOf } from '../../../calibrate/workbench/workbench.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { Processing } from '../../../runtime/detector/processing.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';

const { manifest, graph } = pyramidDetector();
const processing = new Processing(manifest, createHead(manifest, graph));
const pixels = 3 * 32 * 32;

test('pixels are held as far as there is room, the others made anew, all to the same bits', async (t) => {
  const frames = await pyramidFrames(3);
  const whole = await Promise.all(
    frames.map(async ({ bytes }) => ({ image: (await processing.prepare(bytes)).tensor })),
  );
  for (const [room, left] of [
    [0, 0],
    [2.5 * pixels, 0.5 * pixels],
    [4 * pixels, pixels],
  ] as const) {
    const held = { left: room };
    const { inputs, names } = await prepareImages(processing, frames, { held });
    t.is(held.left, left);
    for (const run of ['first', 'second']) {
      t.deepEqual(await Promise.all(inputs.map(tensorsOf)), whole, `${room} bytes, ${run} run`);
    }
    t.deepEqual(
      names,
      frames.map(({ name }) => name),
    );
  }
});

test('an abort stops it', async (t) => {
  const signal = AbortSignal.abort();
  const preparing = prepareImages(processing, await pyramidFrames(1), { held: { left: 0 }, signal });
  await t.throwsAsync(preparing, { code: 'aborted' });
});
