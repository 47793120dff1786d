import test from 'ava';
import sharp from 'sharp';
import { annotateImage } from '../../../agent/cli/annotate/annotateImage.js';
import { annotationSvg } from '../../../agent/cli/annotate/annotationSvg.js';
import { placeLabel } from '../../../agent/cli/annotate/labelLayout.js';
import { classColour } from '../../../agent/cli/annotate/palette.js';
import { strokeText } from '../../../agent/cli/annotate/strokeFont.js';

const picture = { width: 100, height: 80 };
const label = { width: 30, height: 10 };

test('a label stands above its box, and inside where there is no room above', (t) => {
  t.deepEqual(placeLabel([20, 40, 60, 70], label, picture, []), { x: 20, y: 30, ...label });
  t.deepEqual(placeLabel([20, 4, 60, 70], label, picture, []), { x: 20, y: 4, ...label });
});

test('a label stays in the picture and off the labels that are there', (t) => {
  t.is(placeLabel([90, 40, 99, 70], label, picture, []).x, 70);
  const taken = [{ x: 20, y: 30, ...label }];
  t.is(placeLabel([20, 40, 60, 60], label, picture, taken).y, 40);
  t.deepEqual(placeLabel([0, 0, 5, 5], { width: 30, height: 90 }, picture, []), {
    x: 0,
    y: 0,
    width: 30,
    height: 90,
  });
});

test('every class has one colour, with text that stands out from it', (t) => {
  t.deepEqual(classColour(3), classColour(3));
  t.not(classColour(3).fill, classColour(4).fill);
  t.is(classColour(6).text, '#000');
  t.is(classColour(17).text, '#fff');
});

test('the stroke font has a shape for every printable character and drops accents', (t) => {
  const latin = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index)).join('');
  for (const character of `${latin}${latin.toLowerCase()}0123456789.,:;-_+=/()'!?%&#`) {
    t.not(strokeText(character).glyphs[0]?.path, strokeText('\u4eba').glyphs[0]?.path, character);
  }
  t.deepEqual(strokeText('\u00fc'), strokeText('u'));
  t.deepEqual(strokeText(''), { width: 0, glyphs: [] });
  t.true(strokeText('www').width > strokeText('w').width * 3);
});

test('a label that is markup does not become markup', (t) => {
  const svg = annotationSvg([{ label: '<script>', classId: 0, score: 0.5, box: [1, 1, 9, 9] }], picture);
  t.false(svg.includes('<script>'));
});

test('a picture keeps its size and turns upright, with the box where the detection says', async (t) => {
  const grey = { create: { width: 120, height: 60, channels: 3, background: '#808080' } } as const;
  // Orientation 6: shown turned by 90 degrees, so 60 wide and 120 high.
  const image = await sharp(grey).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const bytes = await annotateImage(image, [{ label: 'a', classId: 2, score: 0.9, box: [10, 60, 50, 110] }]);
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  t.is(info.width, 60);
  t.is(info.height, 120);
  const greenness = (x: number, y: number) => {
    const at = 3 * (y * info.width + x);
    return data[at + 1]! - data[at]!;
  };
  t.true(greenness(10, 90) > 40);
  t.true(greenness(30, 110) > 40);
  t.true(Math.abs(greenness(30, 90)) < 15);
});

test('a picture that is too large is made smaller, and its boxes with it', async (t) => {
  const grey = { create: { width: 200, height: 100, channels: 3, background: '#808080' } } as const;
  const image = await sharp(grey).png().toBuffer();
  const found = [{ label: '', classId: 2, score: 0.9, box: [40, 20, 160, 80] as const }];
  const small = await annotateImage(image, found, { longestSidePx: 100 });
  const { data, info } = await sharp(small).raw().toBuffer({ resolveWithObject: true });
  t.like(info, { width: 100, height: 50 });
  const greenness = (x: number, y: number) => data[3 * (y * 100 + x) + 1]! - data[3 * (y * 100 + x)]!;
  t.true(greenness(80, 25) > 40);
  t.true(Math.abs(greenness(95, 25)) < 15);
  const same = await sharp(await annotateImage(image, [], { longestSidePx: 500 })).metadata();
  t.like(same, { width: 200, height: 100 });
});
