import test from 'ava';
import { TensorStore } from '../../../calibrate/workbench/tensorStore.js';
import { tensorsOf } from '../../../calibrate/workbench/workbench.js';
import type { TensorMap } from '../../../runtime/engines/engine.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { MemorySpill } from '../../helpers/memorySpill.js';

/** 20 bytes. */
const tensors = (image: number): TensorMap => ({
  values: float32Tensor([2, 2], Float32Array.of(image, -0, Number.NaN, 1e-40)),
  codes: { dtype: 'uint8', dims: [4], data: Uint8Array.of(image, 1, 255, 0) },
});

const openSpill = async () => new MemorySpill();

test('what goes beyond the budget is read back to the last bit, in any order', async (t) => {
  const shelf = new TensorStore({ heldBytes: 45, openSpill }).shelf();
  const feeds = await Promise.all([0, 1, 2, 3].map((image) => shelf.keep(image, tensors(image))));
  t.deepEqual(
    feeds.map((feed) => typeof feed),
    ['object', 'object', 'function', 'function'],
  );
  for (const image of [3, 0, 2, 1, 3]) t.deepEqual(await tensorsOf(feeds[image]!), tensors(image));
});

test('shelves share the budget; what is dropped or cleared is free again', async (t) => {
  const store = new TensorStore({ heldBytes: 20, openSpill });
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
});

test('a shelf has one file, which is closed when it is cleared', async (t) => {
  const files: MemorySpill[] = [];
  const open = async () => {
    files.push(new MemorySpill());
    return files.at(-1)!;
  };
  const shelf = new TensorStore({ heldBytes: 0, openSpill: open }).shelf();
  for (const image of [0, 1]) await shelf.keep(image, tensors(image));
  t.deepEqual(
    files.map(({ isClosed }) => isClosed),
    [false],
  );
  await shelf.clear();
  t.true(files[0]!.isClosed);
});

test('what cannot be written is held, as is all where there is nowhere to write to', async (t) => {
  const stores = [
    new TensorStore({ heldBytes: 0, openSpill: async () => new MemorySpill(19) }),
    new TensorStore({ heldBytes: 0, openSpill: () => Promise.reject(new Error('no file')) }),
    new TensorStore({ heldBytes: 0 }),
  ];
  for (const store of stores) {
    const shelf = store.shelf();
    t.deepEqual(await shelf.keep(0, tensors(0)), tensors(0));
    await shelf.clear();
  }
});
