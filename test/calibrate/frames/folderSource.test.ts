import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { folderSource } from '../../../calibrate/frames/folderSource.js';
import type { FrameSource } from '../../../calibrate/frames/frame.js';
import { listImageFiles } from '../../../calibrate/frames/imageFiles.js';
import { openFrameSource } from '../../../calibrate/frames/openSource.js';
import { folderOf, jpeg } from '../../helpers/frameFolders.js';

async function names(source: FrameSource, limit = 100): Promise<string[]> {
  const result: string[] = [];
  for await (const { name } of source.frames()) if (result.push(name) === limit) break;
  return result;
}

test('gives the images by name and skips what is none by its extension', async (t) => {
  const folder = await folderOf({
    'b.jpg': 'b',
    'a.PNG': 'a',
    'c.jpeg': 'c',
    'd.webp': 'd',
    'notes.txt': 'x',
    '.hidden': 'x',
  });
  await mkdir(join(folder, 'folder.jpg'));
  t.deepEqual(await names(folderSource(folder)), ['a.PNG', 'b.jpg', 'c.jpeg', 'd.webp']);
  t.is((await listImageFiles(folder)).otherFiles, 2);
});

test('frames hold the bytes of their file', async (t) => {
  const bytes = await jpeg(100);
  for await (const frame of folderSource(await folderOf({ 'a.jpg': bytes })).frames()) {
    t.deepEqual(Buffer.from(frame.bytes), bytes);
  }
});

test('starts over when told to loop, and only then', async (t) => {
  const folder = await folderOf({ 'a.jpg': 'a', 'b.jpg': 'b' });
  const source = folderSource(folder, { loop: true });
  t.true(source.endless);
  t.deepEqual(await names(source, 5), ['a.jpg', 'b.jpg', 'a.jpg', 'b.jpg', 'a.jpg']);
  t.deepEqual(await names(openFrameSource({ type: 'folder', path: folder })), ['a.jpg', 'b.jpg']);
});

test('an abort ends the frames', async (t) => {
  const folder = await folderOf({ 'a.jpg': 'a', 'b.jpg': 'b' });
  const controller = new AbortController();
  const seen: string[] = [];
  for await (const { name } of folderSource(folder, { loop: true }).frames(controller.signal)) {
    seen.push(name);
    controller.abort();
  }
  t.deepEqual(seen, ['a.jpg']);
});

test('an empty folder, one without images and an absent one are errors of their own', async (t) => {
  const frames = (folder: string) => names(folderSource(folder));
  await t.throwsAsync(frames(await folderOf({})), { code: 'frames_missing', message: /empty folder/ });
  await t.throwsAsync(frames(await folderOf({ 'a.txt': '', 'b.csv': '' })), {
    code: 'frames_missing',
    message: /2 other files/,
  });
  await t.throwsAsync(frames('/nonexistent/frames'), { code: 'file_not_found', message: /nonexistent/ });
});

test('a bare path opens the folder that is there when frames are taken', async (t) => {
  const folder = await folderOf({ 'a.jpg': 'a' });
  const source = openFrameSource(folder);
  t.deepEqual(await names(source), ['a.jpg']);
  await rm(folder, { recursive: true });
  await t.throwsAsync(names(source), { code: 'file_not_found' });
});
