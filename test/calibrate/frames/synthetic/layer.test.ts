import test from 'ava';
import { syntheticCategories } from '../../../../calibrate/frames/synthetic/catalog/catalog.js';
import { posed } from '../../../../calibrate/frames/synthetic/catalog/model.js';
import { drawAt } from '../../../../calibrate/frames/synthetic/maths/draw.js';
import { worldAxes } from '../../../../calibrate/frames/synthetic/maths/vector.js';
import { createCamera } from '../../../../calibrate/frames/synthetic/optics/camera.js';
import { composite } from '../../../../calibrate/frames/synthetic/scene/composite.js';
import { createFrameBuffer } from '../../../../calibrate/frames/synthetic/scene/frameBuffer.js';
import { Layer } from '../../../../calibrate/frames/synthetic/scene/layer.js';
import type { Hit } from '../../../../calibrate/frames/synthetic/solids/hit.js';
import { lightingOf } from '../../../../calibrate/frames/synthetic/solids/shading.js';
import type { Solid } from '../../../../calibrate/frames/synthetic/solids/solid.js';
import { truthOf } from '../../../../calibrate/frames/synthetic/truth.js';

const size = { width: 200, height: 150 };
const camera = createCamera({ ...size, heightM: 1, pitchTurns: 0.1, rollTurns: 0, focal: 1 });
const lighting = lightingOf({ towards: [0, 0, 1], key: [1, 1, 1], ambient: [1, 1, 1] }, camera.forward);

function pictureOf(things: readonly (readonly Solid[])[]) {
  const frame = createFrameBuffer(size);
  frame.depth.fill(Infinity);
  const layer = new Layer(camera);
  const drawn = things.map((solids, index) => {
    layer.draw(solids, lighting);
    return { categoryId: 1 + index, alonePx: composite(layer, frame, index + 1) };
  });
  return { frame, truth: truthOf(frame, drawn) };
}

for (const { id, name, build } of syntheticCategories) {
  test(`the box of a ${name} is the extent of the pixels that it changes`, (t) => {
    for (let number = 0; number < 6; number++) {
      const { solids } = build(drawAt(number, id));
      const { frame, truth } = pictureOf([posed(solids, worldAxes, [0.05, 1.3, 0])]);
      const [x, y, width, height] = truth[0]!.bbox;
      let [left, top, right, bottom] = [size.width, size.height, 0, 0];
      for (let at = 0; at < frame.owner.length; at++) {
        // Less than half of a pixel at the rim may be covered: faint light.
        if (frame.color[3 * at]! + frame.color[3 * at + 1]! + frame.color[3 * at + 2]! === 0) continue;
        left = Math.min(left, at % size.width);
        right = Math.max(right, (at % size.width) + 1);
        top = Math.min(top, Math.floor(at / size.width));
        bottom = Math.max(bottom, Math.floor(at / size.width) + 1);
      }
      const off = [x - left, y - top, right - x - width, bottom - y - height];
      t.true(
        off.every((pixels) => pixels >= 0 && pixels <= 1),
        `${name} ${number}: ${off}`,
      );
      t.is(truth[0]!.visibleShare, 1);
    }
  });
}

const plain = {
  gloss: 0,
  paint(hit: Hit) {
    hit.r = 1;
  },
};
const cube = (center: readonly [number, number, number], half: number): Solid => ({
  ...{ shape: 'box', axes: worldAxes, center, half: [half, half, half], surface: plain },
});

test('what stands behind is hidden in either order, and knows how much of it is seen', (t) => {
  const near = [cube([0, 1.2, 0.1], 0.1)];
  const far = [cube([0.08, 1.5, 0.1], 0.1)];
  const farFirst = pictureOf([far, near]).truth;
  const nearFirst = pictureOf([near, far]).truth;
  t.is(farFirst[1]!.visibleShare, 1);
  t.true(
    farFirst[0]!.visibleShare > 0.2 && farFirst[0]!.visibleShare < 0.9,
    String(farFirst[0]!.visibleShare),
  );
  t.true(Math.abs(farFirst[0]!.areaPx - nearFirst[1]!.areaPx) <= 12);
});

test('what reaches over the edge of the picture is cut, and what is beside it is not drawn', (t) => {
  const { truth } = pictureOf([[cube([0.66, 1.1, 0.1], 0.1)], [cube([3, 1.1, 0.1], 0.1)]]);
  t.is(truth.length, 1);
  const [x, , width] = truth[0]!.bbox;
  t.is(x + width, size.width);
  t.true(truth[0]!.visibleShare < 0.95);
});
