import test from 'ava';
import { type CalibrationSet, loadCalibrationSet } from '../../../calibrate/frames/calibrationSet.js';
import { folderOf, jpeg } from '../../helpers/frameFolders.js';

const names = ({ search, heldOut }: CalibrationSet) => ({
  search: search.map(({ name }) => name).join(''),
  heldOut: heldOut.map(({ name }) => name).join(''),
});

/** A folder with files a, b, c … */
async function pictureFolder(count: number): Promise<string> {
  const letters = [...'abcdefghijklmnopqrst'].slice(0, count);
  const files = await Promise.all(
    letters.map(async (letter, index) => [`${letter}.jpg`, await jpeg(10 * index)] as const),
  );
  return folderOf(Object.fromEntries(files));
}
const short = (set: CalibrationSet) => {
  const { search, heldOut } = names(set);
  return `${search.replaceAll('.jpg', '')} ${heldOut.replaceAll('.jpg', '')}`;
};

test('seed 0 takes frames by name, first for the search and then for judging', async (t) => {
  const folder = await pictureFolder(10);
  const set = await loadCalibrationSet(folder, { frames: 4, heldOut: 3 });
  t.is(short(set), 'abcd efg');
  t.false(set.heldOutIsSearch);
  t.deepEqual(set.skipped, { otherFiles: 0, undecodable: [], copies: [] });
});

test('another seed shuffles, the same way each time', async (t) => {
  const folder = await pictureFolder(10);
  const draw = async (seed: number) =>
    short(await loadCalibrationSet(folder, { frames: 4, heldOut: 3, seed }));
  t.is(await draw(5), await draw(5));
  t.is(new Set([await draw(0), await draw(5), await draw(6)]).size, 3);
  t.is(new Set((await draw(5)).replace(' ', '')).size, 7, 'no frame is in both');
});

test('a picture counts once, under whichever names', async (t) => {
  const [one, other] = [await jpeg(10), await jpeg(200)];
  const folder = await folderOf({ 'a.jpg': one, 'b.jpg': one, 'c.jpg': other, 'd.jpg': one });
  const set = await loadCalibrationSet(folder, { frames: 2, heldOut: 2 });
  t.is(short(set), 'a c');
  t.deepEqual(set.skipped.copies, ['b.jpg', 'd.jpg']);
  t.true((await loadCalibrationSet(await folderOf({ 'a.jpg': one, 'b.jpg': one }))).heldOutIsSearch);
});

test('a folder with too few frames keeps some for judging', async (t) => {
  const split = async (count: number, frames = 8, heldOut = 8) =>
    short(await loadCalibrationSet(await pictureFolder(count), { frames, heldOut }));
  t.is(await split(12), 'abcdefgh ijkl');
  t.is(await split(9), 'abcdefg hi');
  t.is(await split(4), 'abc d');
  t.is(await split(2), 'a b');
  t.is(await split(4, 8, 0), 'abcd ');
  t.is(await split(8, 8, 1), 'abcdefg h');
});

test('one image works, and says that it judges itself', async (t) => {
  const set = await loadCalibrationSet(await pictureFolder(1));
  t.is(short(set), 'a a');
  t.true(set.heldOutIsSearch);
});

test('files that are no image or do not decode are skipped and named', async (t) => {
  const whole = await jpeg(200);
  const folder = await folderOf({
    'a.jpg': 'not a picture',
    'b.jpg': await jpeg(10),
    'c.jpg': whole.subarray(0, whole.length / 2),
    'd.jpg': whole,
    'readme.txt': 'x',
  });
  const set = await loadCalibrationSet(folder, { frames: 1, heldOut: 1 });
  t.is(short(set), 'b d');
  t.deepEqual(set.skipped, { otherFiles: 1, undecodable: ['a.jpg', 'c.jpg'], copies: [] });
});

test('a folder that is empty, absent or holds nothing that decodes is an error', async (t) => {
  await t.throwsAsync(loadCalibrationSet(await folderOf({})), { code: 'frames_missing' });
  await t.throwsAsync(loadCalibrationSet('/nonexistent'), { code: 'file_not_found' });
  await t.throwsAsync(loadCalibrationSet(await folderOf({ 'a.jpg': 'a', 'b.png': 'b' })), {
    code: 'frames_missing',
    message: /2 files that do not decode/,
  });
});

test('an abort ends the reading', async (t) => {
  const folder = await pictureFolder(2);
  await t.throwsAsync(loadCalibrationSet(folder, { signal: AbortSignal.abort() }), { code: 'aborted' });
});
