import test from 'ava';
import { inputTransform, toOriginal } from '../../../runtime/detector/geometry.js';

const shape: [1, 3, number, number] = [1, 3, 100, 200];
type Resize = Parameters<typeof inputTransform>[0]['resize'];

function placed(resize: Resize, width: number, height: number) {
  const {
    left,
    top,
    width: innerWidth,
    height: innerHeight,
  } = inputTransform({ shape, resize }, { width, height });
  return { left, top, width: innerWidth, height: innerHeight };
}

test('stretch fills the input', (t) => {
  t.deepEqual(placed('stretch', 31, 17), { left: 0, top: 0, width: 200, height: 100 });
});

test('letterbox keeps the aspect and centres, an odd pixel going right or below', (t) => {
  t.deepEqual(placed('letterbox', 400, 100), { left: 0, top: 25, width: 200, height: 50 });
  t.deepEqual(placed('letterbox', 100, 100), { left: 50, top: 0, width: 100, height: 100 });
  // 101 * 100 / 100 = 101 wide, 99 pixels of padding: 49 left, 50 right.
  t.deepEqual(placed('letterbox', 101, 100), { left: 49, top: 0, width: 101, height: 100 });
});

test('letterbox-top-left pads right and below only', (t) => {
  t.deepEqual(placed('letterbox-top-left', 400, 100), { left: 0, top: 0, width: 200, height: 50 });
});

test('a sliver keeps at least one pixel', (t) => {
  t.deepEqual(placed('letterbox', 10_000, 1), { left: 0, top: 49, width: 200, height: 1 });
  t.deepEqual(placed('letterbox-top-left', 1, 10_000), { left: 0, top: 0, width: 1, height: 100 });
});

test('boxes go back to the original image and are clipped to it', (t) => {
  const transform = inputTransform({ shape, resize: 'letterbox' }, { width: 400, height: 100 });
  const boxes = Float32Array.of(10, 30, 20, 40, -50, 0, 500, 99);
  t.deepEqual([...toOriginal(transform, boxes)], [20, 10, 40, 30, 0, 0, 400, 100]);
});

test('a box in the padding ends without area', (t) => {
  const transform = inputTransform({ shape, resize: 'letterbox-top-left' }, { width: 400, height: 100 });
  const [, y1, , y2] = toOriginal(transform, Float32Array.of(10, 60, 20, 90));
  t.is(y1, y2);
});
