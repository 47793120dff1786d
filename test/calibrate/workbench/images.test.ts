import test from 'ava';
import { prepareImages } from '../../../calibrate/workbench/images.js';
import { tensorsOf } from '../../../calibrate/workbench/workbench.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { Processing } from '../../../runtime/detector/processing.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';

const { manifest, graph } = pyramidDetector();
const processing = new Processing(manifest, createHead(manifest, graph));
const inputBytes = 3 * 32 * 32 * 4;

test('the first inputs are held as far as there is room, the others made anew, all to the same bits', async (t) => {
  const frames = await pyramidFrames(3);
  const { inputs, names } = await prepareImages(processing, frames, { heldBytes: 2 * inputBytes });
  t.deepEqual(
    inputs.map((feed) => typeof feed),
    ['object', 'object', 'function'],
  );
  const all = await prepareImages(processing, frames, { heldBytes: 3 * inputBytes });
  t.deepEqual(await Promise.all(inputs.map(tensorsOf)), all.inputs);
  t.deepEqual(
    names,
    frames.map(({ name }) => name),
  );
});

test('an abort stops it', async (t) => {
  const signal = AbortSignal.abort();
  const preparing = prepareImages(processing, await pyramidFrames(1), { heldBytes: 0, signal });
  await t.throwsAsync(preparing, { code: 'aborted' });
});
