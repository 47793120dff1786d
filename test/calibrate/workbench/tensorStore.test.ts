import { readdir } from 'node:fs/promises';
import test from 'ava';
import { TensorStore } from '../../../calibrate/workbench/tensorStore.js';
import { tensorsOf } from '../../../calibrate/workbench/workbench.js';
import type { TensorMap } from '../../../runtime/engines/engine.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { tempFolder } from '../../helpers/tempFolder.js';

/** 20 bytes. */
const tensors = (image: number): TensorMap => ({
  values: float32Tensor([2, 2], Float32Array.of(image, -0, Number.NaN, 1e-40)),
  codes: { dtype: 'uint8', dims: [4], data: Uint8Array.of(image, 1, 255, 0) },
});

test('what goes beyond the budget is read back to the last bit, in any order', async (t) => {
  const folder = await tempFolder();
  const shelf = new TensorStore({ heldBytes: 45, folder }).shelf();
  const feeds = await Promise.all([0, 1, 2, 3].map((image) => shelf.keep(image, tensors(image))));
  t.deepEqual(
    feeds.map((feed) => typeof feed),
    ['object', 'object', 'function', 'function'],
  );
  for (const image of [3, 0, 2, 1, 3]) t.deepEqual(await tensorsOf(feeds[image]!), tensors(image));
  await shelf.clear();
});

test('shelves share the budget; what is dropped or cleared is free again', async (t) => {
  const store = new TensorStore({ heldBytes: 20, folder: await tempFolder() });
  const [first, second] = [store.shelf(), store.shelf()];
  const isHeld = async (shelf: typeof first, image: number) =>
    typeof (await shelf.keep(image, tensors(image))) === 'object';
  t.true(await isHeld(first, 0));
  t.false(await isHeld(second, 0));
  first.drop(0);
  t.true(await isHeld(second, 1));
  t.false(await isHeld(first, 1));
  await second.clear();
  t.true(await isHeld(first, 2));
  await first.clear();
  await first.clear();
});

test('no file has a name, not even while it is in use', async (t) => {
  const folder = await tempFolder();
  const shelf = new TensorStore({ heldBytes: 0, folder }).shelf();
  await shelf.keep(0, tensors(0));
  t.deepEqual(await readdir(folder), []);
  await shelf.clear();
});

test('what cannot be written is held', async (t) => {
  const folder = await tempFolder();
  const shelf = new TensorStore({ heldBytes: 0, folder: `${folder}/missing` }).shelf();
  t.deepEqual(await shelf.keep(0, tensors(0)), tensors(0));
  await shelf.clear();
});

test('without a folder all is held', async (t) => {
  const shelf = new TensorStore({ heldBytes: 0 }).shelf();
  t.deepEqual(await shelf.keep(0, tensors(0)), tensors(0));
  await shelf.clear();
});
