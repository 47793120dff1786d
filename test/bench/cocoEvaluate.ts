/** Prints the time of one COCO evaluation of 400 images with 100 detections each and 80 categories, as JSON. */
import { cocoEvaluate } from '../../calibrate/evaluate/cocoEvaluate.js';
import type { GroundTruth, TruthBox } from '../../calibrate/evaluate/groundTruth.js';
import type { CocoDetection } from '../../calibrate/evaluate/matchCategories.js';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { createRandom } from '../../calibrate/random.js';

const size = { images: 400, truthPerImage: 10, detectionsPerImage: 100, categories: 80 };
const runs = 7;

const random = createRandom(1);
const imageIds = [...Array(size.images).keys()];
const randomBox = () => {
  const side = 8 + 200 * random.uniform();
  return [500 * random.uniform(), 400 * random.uniform(), side, side] as const;
};
const boxes = imageIds.flatMap((imageId) =>
  Array.from({ length: size.truthPerImage }, (): TruthBox => {
    const bbox = randomBox();
    const crowd = random.uniform() < 0.02;
    return { imageId, categoryId: random.below(size.categories), bbox, area: bbox[2] * bbox[3], crowd };
  }),
);
const truth: GroundTruth = {
  images: imageIds.map((id) => ({ id, fileName: `${id}.jpg` })),
  categories: Array.from({ length: size.categories }, (_, id) => ({ id, name: String(id) })),
  boxes,
};
/** Every third detection lies near a truth box of its image. */
const detections = imageIds.flatMap((imageId) =>
  Array.from({ length: size.detectionsPerImage }, (_, index): CocoDetection => {
    const near = boxes[imageId * size.truthPerImage + random.below(size.truthPerImage)]!;
    const { categoryId, bbox } = index % 3 === 0 ? near : { categoryId: random.below(80), bbox: randomBox() };
    const [x, y, width, height] = bbox.map((value) => value + 4 * random.uniform()) as [
      number,
      number,
      number,
      number,
    ];
    return { imageId, categoryId, score: random.uniform(), box: [x, y, x + width, y + height] };
  }),
);

const ms = Array.from({ length: runs }, () => {
  const start = performance.now();
  cocoEvaluate(truth, detections);
  return performance.now() - start;
});
console.log(
  JSON.stringify({ bench: 'cocoEvaluate', ...size, ms: { first: ms[0], p50: percentile(ms, 0.5) } }),
);
