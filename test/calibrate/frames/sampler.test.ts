import test from 'ava';
import { folderSource } from '../../../calibrate/frames/folderSource.js';
import type { Frame, FrameSource } from '../../../calibrate/frames/frame.js';
import { sampleFrames } from '../../../calibrate/frames/sampler.js';
import { AgentError } from '../../../runtime/errors.js';
import { folderOf, jpeg } from '../../helpers/frameFolders.js';

/** A source of the frames given, or of what a function gives for ever. */
function sourceOf(frames: readonly Frame[] | ((index: number) => Promise<Frame>)): FrameSource {
  return {
    description: 'test source',
    endless: typeof frames === 'function',
    async *frames() {
      if (typeof frames !== 'function') yield* frames;
      else for (let index = 0; ; index++) yield await frames(index);
    },
  };
}

const picture = async (brightness: number): Promise<Frame> => ({
  bytes: await jpeg(brightness),
  name: `${brightness}`,
});
const brightnesses = Array.from({ length: 25 }, (_, index) => 10 * index);
const pictures = await Promise.all(brightnesses.map(picture));
const namesOf = ({ frames }: { readonly frames: readonly Frame[] }) => frames.map(({ name }) => name);
const garbage: Frame = { bytes: Buffer.from('text'), name: 'garbage' };
const cut: Frame = { bytes: pictures[20]!.bytes.subarray(0, pictures[20]!.bytes.length / 2), name: 'cut' };

test('chooses from the whole of a source that ends, by seed, in the order of the source', async (t) => {
  const run = (seed: number) => sampleFrames(sourceOf(pictures), { count: 5, seed });
  const names = namesOf(await run(1));
  t.is(names.length, 5);
  t.deepEqual(
    names,
    names.toSorted((a, b) => Number(a) - Number(b)),
  );
  t.deepEqual(namesOf(await run(1)), names);
  t.notDeepEqual(namesOf(await run(2)), names);
  const chosen = new Set((await Promise.all([1, 2, 3, 4, 5, 6].map(run))).flatMap(namesOf));
  t.true(
    [...chosen].some((name) => Number(name) >= 200),
    'late frames have their chance',
  );
});

test('takes the first frames of an endless source and then stops', async (t) => {
  let delivered = 0;
  const source = sourceOf((index) => {
    delivered++;
    return picture(10 * (index % 25));
  });
  t.deepEqual(namesOf(await sampleFrames(source, { count: 4, seed: 1 })), ['0', '10', '20', '30']);
  t.is(delivered, 4);
});

test('skips and counts frames that do not decode, cut ones too', async (t) => {
  const sample = await sampleFrames(sourceOf([garbage, pictures[3]!, cut, pictures[9]!]), {
    count: 8,
    seed: 0,
  });
  t.deepEqual(namesOf(sample), ['30', '90']);
  t.deepEqual(sample.skipped, { undecodable: 2, duplicates: 0 });
});

test('drops frames that show the same as an earlier one', async (t) => {
  const again = { ...(await picture(91)), name: 'nearly the same' };
  const frames = [pictures[9]!, again, pictures[9]!, pictures[3]!];
  const sample = await sampleFrames(sourceOf(frames), { count: 2, seed: 0 });
  t.deepEqual(namesOf(sample), ['90', '30']);
  t.is(sample.skipped.duplicates, 2);
});

test('a camera with a still scene ends too, with near-duplicates but never copies', async (t) => {
  const noisy = sourceOf((index) => picture(index === 0 ? 100 : 100 + (index % 2)));
  const sample = await sampleFrames(noisy, { count: 2, seed: 0 });
  t.deepEqual(namesOf(sample), ['100', '101']);
  t.is(sample.skipped.duplicates, 14);
  const frozen = await sampleFrames(
    sourceOf(() => picture(100)),
    { count: 2, seed: 0 },
  );
  t.deepEqual(namesOf(frozen), ['100']);
  t.is(frozen.skipped.duplicates, 15);
});

test('too few usable frames are an error that says how many', async (t) => {
  const run = (frames: readonly Frame[], minimum?: number) =>
    sampleFrames(sourceOf(frames), { count: 8, seed: 0, ...(minimum === undefined ? {} : { minimum }) });
  await t.throwsAsync(run([garbage, cut]), {
    code: 'frames_missing',
    message: /at least 1 usable frames, got 0 of 2/,
  });
  await t.throwsAsync(run([]), { code: 'frames_missing' });
  await t.throwsAsync(run(pictures.slice(0, 3), 4), {
    code: 'frames_missing',
    message: /at least 4 .* got 3/,
  });
  t.is((await run(pictures.slice(0, 1))).frames.length, 1);
});

test('tells its progress, and what the source throws comes through', async (t) => {
  const progress: unknown[] = [];
  await sampleFrames(sourceOf([pictures[1]!, garbage, pictures[20]!]), {
    count: 8,
    seed: 0,
    onFrame: (step) => progress.push(step),
  });
  t.deepEqual(progress, [
    { examined: 1, distinct: 1 },
    { examined: 2, distinct: 1 },
    { examined: 3, distinct: 2 },
  ]);
  const broken = sourceOf(() => Promise.reject(new AgentError('camera_unavailable', 'unplugged')));
  await t.throwsAsync(sampleFrames(broken, { count: 1, seed: 0 }), { code: 'camera_unavailable' });
});

test('an abort ends it after the frame at hand', async (t) => {
  const controller = new AbortController();
  const folder = await folderOf({ 'a.jpg': await jpeg(50), 'b.jpg': 'b' });
  const sampling = sampleFrames(folderSource(folder, { loop: true }), {
    count: 5,
    seed: 0,
    signal: controller.signal,
    onFrame: () => controller.abort(),
  });
  await t.throwsAsync(sampling, { code: 'aborted', message: /after 1/ });
});

test('an abort that tells why is thrown as it is', async (t) => {
  const reason = new AgentError('out_of_memory', 'too much');
  const signal = AbortSignal.abort(reason);
  t.is(await t.throwsAsync(sampleFrames(sourceOf(pictures), { count: 5, seed: 0, signal })), reason);
});
