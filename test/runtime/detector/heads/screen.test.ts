import test from 'ava';
import { type Candidates, collectCandidates } from '../../../../runtime/detector/candidates.js';
import { createHead } from '../../../../runtime/detector/heads/createHead.js';
import type { Head } from '../../../../runtime/detector/heads/head.js';
import type { HeadManifest } from '../../../../runtime/detector/manifest.js';
import type { TensorMap } from '../../../../runtime/engines/engine.js';
import { elementCount, float32Tensor } from '../../../../runtime/graph/tensor.js';
import { graphOutputs } from '../../../helpers/headReads.js';
import { testManifest } from '../../../helpers/manifests.js';
import { randomFloats } from '../../../helpers/random.js';

/** A head for an input of 64 x 64 and the classes cat and dog, with the sizes of its tensors. */
interface Case {
  readonly head: HeadManifest;
  readonly dims: Readonly<Record<string, readonly number[]>>;
  /** Whether the network leaves the sigmoid to the head. */
  readonly givesLogits?: boolean;
}

const decoded = { boxFormat: 'xywh', boxUnit: 'pixel', outputs: { packed: 'packed' } } as const;
const fcos = {
  ...{ type: 'ltrb', strides: [8], cellOffset: 0.5, distanceUnit: 'stride', distanceActivation: 'relu' },
  ...{ scoreActivation: 'sigmoid', outputs: { packed: 'packed' } },
} as const;
const retinanet = {
  ...{ type: 'retinanet', levels: [{ stride: 8, sizes: [16], ratios: [1, 2] }], cellOffset: 0.5 },
  ...{ anchorOrder: 'ratio-size', variances: [1, 1, 1, 1], maxLogScale: 4, scoreActivation: 'sigmoid' },
} as const;
const cases: Readonly<Record<string, Case>> = {
  gfl: {
    head: { type: 'gfl', strides: [8], regMax: 1, cellOffset: 0, outputs: { packed: 'packed' } },
    dims: { packed: [1, 64, 10] },
  },
  yolox: {
    head: { type: 'yolox', strides: [8], outputs: { packed: 'packed' } },
    dims: { packed: [1, 64, 7] },
  },
  yolov3: {
    head: { type: 'yolov3', scaleXY: 1, anchors: [[[10, 20]]], outputs: { maps: ['map'] } },
    dims: { map: [1, 7, 8, 8] },
    givesLogits: true,
  },
  ssd: {
    head: {
      ...{ type: 'ssd', background: 1, variances: [0.1, 0.1, 0.2, 0.2] },
      priors: [{ featureMap: [8, 8], step: 8, offset: 0.5, widths: [16], heights: [16] }],
      outputs: { boxes: 'boxes', scores: 'scores' },
    },
    dims: { boxes: [1, 64 * 4], scores: [1, 64 * 3] },
  },
  'retinanet, maps of logits': {
    head: { ...retinanet, outputs: { scores: ['scores'], deltas: ['deltas'] } } as HeadManifest,
    dims: { scores: [1, 4, 8, 8], deltas: [1, 8, 8, 8] },
    givesLogits: true,
  },
  'ltrb without centerness': {
    head: { ...fcos, centernessMean: 'geometric' } as HeadManifest,
    dims: { packed: [1, 64, 6] },
    givesLogits: true,
  },
  'ltrb, product': {
    head: { ...fcos, centernessMean: 'product' } as HeadManifest,
    dims: { packed: [1, 64, 7] },
    givesLogits: true,
  },
  'ltrb, geometric mean': {
    head: { ...fcos, centernessMean: 'geometric' } as HeadManifest,
    dims: { packed: [1, 64, 7] },
    givesLogits: true,
  },
  yolov8: { head: { type: 'yolov8', ...decoded }, dims: { packed: [1, 6, 64] } },
  yolov5: { head: { type: 'yolov5', ...decoded }, dims: { packed: [1, 64, 7] } },
  detections: {
    head: {
      ...{ type: 'detections', columns: ['x1', 'y1', 'x2', 'y2', 'score', 'class'], boxUnit: 'pixel' },
      outputs: { packed: 'packed' },
    },
    dims: { packed: [1, 64, 6] },
  },
};

for (const [name, { head: parts, dims, givesLogits = false }] of Object.entries(cases)) {
  test(`${name}: candidates are those of scoring every location, at thresholds that equal scores too`, (t) => {
    const postprocess = parts.type === 'detections' ? { iouThreshold: 1 } : {};
    const manifest = testManifest({ input: { shape: [1, 3, 64, 64] }, head: parts, postprocess });
    const head = createHead(manifest, graphOutputs(dims));
    let reached = 0;
    for (let seed = 0; seed < 20; seed++) {
      const outputs = randomOutputs(dims, { seed, givesLogits });
      const scores = everyScore(head, outputs);
      const thresholds = [0, 0.05, 0.3, ...scores.filter((_, index) => index % 7 === 0)];
      for (const threshold of thresholds) {
        const found = collectCandidates(head, outputs, { scoreThreshold: threshold });
        const expected = scores.flatMap((score, index) =>
          score >= Math.fround(threshold) ? [[index, score]] : [],
        );
        t.deepEqual(asPairs(found, head), expected, `seed ${seed}, threshold ${threshold}`);
        reached += expected.length;
      }
    }
    t.true(reached > 1000);
  });
}

function randomOutputs(
  dims: Case['dims'],
  { seed, givesLogits }: { readonly seed: number; readonly givesLogits: boolean },
): TensorMap {
  return Object.fromEntries(
    Object.entries(dims).map(([name, size]) => {
      const values = randomFloats(elementCount(size), seed).map((value) =>
        givesLogits ? 5 * value : (value + 1) / 2,
      );
      return [name, float32Tensor(size, values)];
    }),
  );
}

/** Returns every score, by location, then class. */
function everyScore(head: Head, outputs: TensorMap): number[] {
  const scores = new Float32Array(head.numLocations * head.numClasses);
  const reader = head.read(outputs);
  for (let location = 0; location < head.numLocations; location++) {
    reader.scores(location, scores, location * head.numClasses);
  }
  return [...scores];
}

/** Returns the candidates as pairs of an index into every score, and the score. */
function asPairs({ count, locations, classIds, scores }: Candidates, { numClasses }: Head): number[][] {
  return Array.from({ length: count }, (_, k) => [locations[k]! * numClasses + classIds[k]!, scores[k]!]);
}
