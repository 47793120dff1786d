import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parseGroundTruth } from '../../../calibrate/evaluate/groundTruth.js';
import { readGroundTruth } from '../../../calibrate/evaluate/groundTruthFile.js';
import { AgentError } from '../../../runtime/errors.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const valid = {
  info: { year: 2017 },
  images: [{ id: 1, file_name: 'a.jpg', width: 4, height: 4 }],
  annotations: [
    { id: 9, image_id: 1, category_id: 3, bbox: [0, 1, 2, 3], area: 5, iscrowd: 1, segmentation: [] },
    { id: 10, image_id: 1, category_id: 3, bbox: [0, 1, 2, 3] },
  ],
  categories: [{ id: 3, name: 'cat', supercategory: 'animal' }],
};

test('takes what boxes need, with area and iscrowd optional', (t) => {
  t.deepEqual(parseGroundTruth(valid, 'here'), {
    images: [{ id: 1, fileName: 'a.jpg' }],
    categories: [{ id: 3, name: 'cat' }],
    boxes: [
      { imageId: 1, categoryId: 3, bbox: [0, 1, 2, 3], area: 5, crowd: true },
      { imageId: 1, categoryId: 3, bbox: [0, 1, 2, 3], area: 6, crowd: false },
    ],
  });
});

test('leaves out annotations of images that are not listed, as pycocotools does', (t) => {
  const stray = { ...valid.annotations[0], image_id: 2 };
  t.is(parseGroundTruth({ ...valid, annotations: [...valid.annotations, stray] }, 'here').boxes.length, 2);
});

const annotated = (change: object) => ({ ...valid, annotations: [{ ...valid.annotations[0], ...change }] });
const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ['no object', [], /here: .*top level/],
  ['no images', { ...valid, images: [] }, /here: .*images: /],
  ['a results file', [{ image_id: 1, category_id: 1, bbox: [0, 0, 1, 1], score: 1 }], /top level/],
  ['a box of three numbers', annotated({ bbox: [1, 2, 3] }), /annotations\[0\]\.bbox/],
  ['a negative width', annotated({ bbox: [1, 2, -3, 4] }), /annotations\[0\]\.bbox\[2\]/],
  ['an id in quotes', annotated({ image_id: '1' }), /annotations\[0\]\.image_id/],
  ['an id that occurs twice', { ...valid, images: [...valid.images, ...valid.images] }, /images\[1\]\.id/],
  [
    'a file outside the folder',
    { ...valid, images: [{ id: 1, file_name: '../a.jpg' }] },
    /images\[0\]\.file_name/,
  ],
  ['only annotations of other images', annotated({ image_id: 77 }), /image_id/],
];
for (const [what, json, message] of refused) {
  test(`refuses ${what} and names the place`, (t) => {
    const error = t.throws(() => parseGroundTruth(json, 'here'), { instanceOf: AgentError });
    t.is(error.code, 'annotations_invalid');
    t.regex(error.message, message);
  });
}

test('a file that is absent, or no JSON, is named', async (t) => {
  const folder = tempFolder();
  await t.throwsAsync(readGroundTruth(join(folder, 'absent.json')), {
    code: 'file_not_found',
    message: /absent\.json/,
  });
  await writeFile(join(folder, 'bad.json'), '{"images": [');
  await t.throwsAsync(readGroundTruth(join(folder, 'bad.json')), {
    code: 'annotations_invalid',
    message: /bad\.json/,
  });
  await t.throwsAsync(readGroundTruth(folder), { code: 'file_unreadable' });
  await writeFile(join(folder, 'good.json'), JSON.stringify(valid));
  t.is((await readGroundTruth(join(folder, 'good.json'))).boxes.length, 2);
});
