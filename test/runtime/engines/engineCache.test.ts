import { execFile } from 'node:child_process';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { EngineCache } from '../../../runtime/engines/engineCache.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const text = (content: Buffer) => content.toString();

test('the cache keeps the sixteen entries of a suffix that were written last, and leaves those of others', async (t) => {
  const folder = await tempFolder();
  const [lowered, tflite] = [new EngineCache(folder, '.lowered'), new EngineCache(folder, '.tflite')];
  await tflite.write('key', Buffer.from('model'));
  for (let k = 0; k < 20; k++) await lowered.write(`key${k}`, Buffer.from(`entry ${k}`));
  t.is((await readdir(folder)).length, 17);
  t.is(await lowered.read('key19', text), 'entry 19');
  t.is(await tflite.read('key', text), 'model');
});

test('an entry that cannot be decoded counts as absent', async (t) => {
  const cache = new EngineCache(await tempFolder(), '.lowered');
  await cache.write('key', Buffer.from('no JSON'));
  const decode = (content: Buffer) => JSON.parse(text(content));
  t.is(await cache.read('key', decode), undefined);
});

test('an entry under the name of another counts as absent', async (t) => {
  const folder = await tempFolder();
  const cache = new EngineCache(folder, '.lowered');
  await cache.write('one', Buffer.from('of one'));
  await cache.write('other', Buffer.from('of the other'));
  await rename(join(folder, 'one.lowered'), join(folder, 'other.lowered'));
  t.is(await cache.read('other', text), undefined);
});

test('a folder that cannot be made is done without', async (t) => {
  const cache = new EngineCache('/proc/detptq/inside', '.kept');
  await cache.write('key', Buffer.from('content'));
  t.is(await cache.read('key', String), undefined);
});

test('processes that write and read one entry at once find a whole one or none', async (t) => {
  const folder = await tempFolder();
  const module = import.meta.resolve('../../../runtime/engines/engineCache.js');
  const script = `
    import { EngineCache } from ${JSON.stringify(module)};
    const cache = new EngineCache(${JSON.stringify(folder)}, '.lowered');
    const content = Buffer.alloc(2 ** 18, process.argv[1]);
    const isWhole = (read) => read.length === content.length && read.every((byte) => byte === read[0]);
    for (let k = 0; k < 40; k++) {
      await cache.write('key', content);
      if ((await cache.read('key', isWhole)) !== true) console.log('torn');
    }
  `;
  const run = (fill: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, fill]);
  const ended = await Promise.all(['a', 'b', 'c'].map(run));
  t.deepEqual(
    ended.map(({ stdout }) => stdout),
    ['', '', ''],
  );
  t.deepEqual(await readdir(folder), ['key.lowered']);
});
