import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import sharp from 'sharp';
import type { Frame, FrameSource } from '../../../calibrate/frames/frame.js';
import { openFrameSource } from '../../../calibrate/frames/openSource.js';
import { videoSource } from '../../../calibrate/frames/videoSource.js';
import { folderOf } from '../../helpers/frameFolders.js';
import { projectRoot } from '../../helpers/paths.js';
import { programTest } from '../../helpers/requires.js';

const videoTest = programTest('ffmpeg');

/** Two seconds of ffmpeg's test picture, 10 frames per second. */
async function testVideo(): Promise<string> {
  const path = join(await folderOf({}), 'clip.mp4');
  const input = ['-f', 'lavfi', '-i', 'testsrc=duration=2:size=96x64:rate=10'];
  await promisify(execFile)('ffmpeg', ['-v', 'error', ...input, '-pix_fmt', 'yuv420p', path]);
  return path;
}

async function take(source: FrameSource, limit = 1000): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of source.frames()) if (frames.push(frame) === limit) break;
  return frames;
}

/** Command lines of the children of this process. */
function children(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        const parent = readFileSync(`/proc/${id}/stat`, 'utf8').replace(/.*\) \S+ (\d+).*/s, '$1');
        return Number(parent) === process.pid ? [readFileSync(`/proc/${id}/cmdline`, 'utf8')] : [];
      } catch {
        return []; // Gone in the meantime.
      }
    });
}

videoTest('gives every frame of a video as a JPEG of its size', async (t) => {
  const frames = await take(videoSource(await testVideo()));
  t.is(frames.length, 20);
  t.deepEqual([frames[0]!.name, frames[19]!.name], ['clip.mp4#0', 'clip.mp4#19']);
  for (const { bytes } of frames) {
    const { format, width, height } = await sharp(bytes).metadata();
    t.deepEqual({ format, width, height }, { format: 'jpeg', width: 96, height: 64 });
  }
});

videoTest('gives as many frames per second of video as asked for, named by their time', async (t) => {
  const frames = await take(openFrameSource({ type: 'video', path: await testVideo(), fps: 2 }));
  t.deepEqual(
    frames.map(({ name }) => name),
    ['clip.mp4@0.00s', 'clip.mp4@0.50s', 'clip.mp4@1.00s', 'clip.mp4@1.50s'],
  );
});

videoTest('a bare path opens a video', async (t) => {
  t.is((await take(openFrameSource(await testVideo()), 3)).length, 3);
});

videoTest('goes on past the end when told to loop, and ends the child when left', async (t) => {
  const path = await testVideo();
  const source = videoSource(path, { loop: true });
  t.true(source.endless);
  t.is((await take(source, 50)).length, 50);
  t.deepEqual(
    children().filter((command) => command.includes(path)),
    [],
  );
});

videoTest('an abort ends the frames and the child, without an error', async (t) => {
  const path = await testVideo();
  const controller = new AbortController();
  let count = 0;
  for await (const _ of videoSource(path, { loop: true }).frames(controller.signal)) {
    if (++count === 3) controller.abort();
  }
  t.is(count, 3);
  t.deepEqual(
    children().filter((command) => command.includes(path)),
    [],
  );
});

videoTest('a file that is no video is refused with the words of ffmpeg', async (t) => {
  const path = join(await folderOf({ 'bad.mp4': 'this is no video' }), 'bad.mp4');
  const error = await t.throwsAsync(take(videoSource(path)), { code: 'camera_unavailable' });
  t.regex(error.message, /bad\.mp4: .*Invalid data/);
});

videoTest('a video that names other files or hosts is not followed', async (t) => {
  const path = join(
    await folderOf({ 'list.m3u8': '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n' }),
    'list.m3u8',
  );
  await t.throwsAsync(take(videoSource(path)), { code: 'camera_unavailable' });
});

test('without ffmpeg the error says what to install', async (t) => {
  const folder = await folderOf({ 'clip.mp4': 'anything' });
  const error = await t.throwsAsync(
    take(videoSource(join(folder, 'clip.mp4'), { ffmpeg: join(folder, 'ffmpeg') })),
    {
      code: 'ffmpeg_missing',
    },
  );
  t.regex(error.message, /install ffmpeg/);
});

test('a program that cannot be started, for its name or for want of descriptors, is an error like any', async (t) => {
  const clip = join(await folderOf({ 'clip.mp4': 'anything' }), 'clip.mp4');
  await t.throwsAsync(take(videoSource(clip, { ffmpeg: 'ff\0mpeg' })), { code: 'camera_unavailable' });

  const script = `
    import { openSync } from 'node:fs';
    const { videoSource } = await import('${projectRoot}dist/calibrate/frames/videoSource.js');
    try { for (;;) openSync('/dev/null'); } catch {}
    try { await videoSource('${clip}').frames().next(); } catch (error) { console.log(error.code, error.cause.code); }`;
  const command = ['-c', 'ulimit -n 128; exec "$0" --input-type=module -e "$1"', process.execPath, script];
  const { stdout } = await promisify(execFile)('sh', command);
  t.is(stdout.trim(), 'camera_unavailable EMFILE');
});

test('a program that ends without a word or a picture is an error, and so is one that writes no JPEG', async (t) => {
  const folder = await folderOf({ 'clip.mp4': 'anything' });
  const runs = (ffmpeg: string) => take(videoSource(join(folder, 'clip.mp4'), { ffmpeg }));
  await t.throwsAsync(runs('false'), { code: 'camera_unavailable', message: /without a word/ });
  await t.throwsAsync(runs('true'), { code: 'frames_missing' });
  await t.throwsAsync(runs('echo'), { code: 'camera_unavailable', message: /something else than JPEG/ });
});

test('a video that is not there is named', async (t) => {
  await t.throwsAsync(take(videoSource('/nonexistent/clip.mp4')), {
    code: 'file_not_found',
    message: /clip\.mp4/,
  });
});
