import test from 'ava';
import { prepareImages } from '../../../calibrate/workbench/images.js';
import { TensorStore } from '../../../calibrate/workbench/tensorStore.js';
import { tensorsOf } from '../../../calibrate/workbench/workbench.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { Processing } from '../../../runtime/detector/processing.js';
import { MemorySpill } from '../../helpers/memorySpill.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';

const { manifest, graph } = pyramidDetector();
const processing = new Processing(manifest, createHead(manifest, graph));
const pixels = 3 * 32 * 32;

test('inputs come back to the last bit, held as bytes of pixels or spilled', async (t) => {
  const frames = await pyramidFrames(3);
  const whole = await Promise.all(
    frames.map(async ({ bytes }) => ({ image: (await processing.prepare(bytes)).tensor })),
  );
  for (const [heldBytes, spilled] of [
    [0, 3],
    [2.5 * pixels, 1],
    [3 * pixels, 0],
  ] as const) {
    const spill = new MemorySpill();
    const shelf = new TensorStore({ heldBytes, openSpill: async () => spill }).shelf();
    const { inputs, names } = await prepareImages(processing, frames, { shelf });
    for (const run of ['first', 'second']) {
      t.deepEqual(await Promise.all(inputs.map(tensorsOf)), whole, `${heldBytes} bytes, ${run} run`);
    }
    t.is(spill.size, spilled * pixels);
    t.deepEqual(
      names,
      frames.map(({ name }) => name),
    );
  }
});

test('an abort stops it', async (t) => {
  const signal = AbortSignal.abort();
  const shelf = new TensorStore().shelf();
  const preparing = prepareImages(processing, await pyramidFrames(1), { shelf, signal });
  await t.throwsAsync(preparing, { code: 'aborted' });
});
