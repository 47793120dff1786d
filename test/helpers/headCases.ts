import { createHead } from '../../runtime/detector/heads/createHead.js';
import type { Head } from '../../runtime/detector/heads/head.js';
import type { HeadManifest } from '../../runtime/detector/manifest.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import { elementCount, float32Tensor } from '../../runtime/graph/tensor.js';
import { graphOutputs } from './headReads.js';
import { testManifest } from './manifests.js';
import { randomFloats } from './random.js';

/** A head for an input of 64 x 64 and the classes cat and dog, with the sizes of its tensors. */
export interface HeadCase {
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
export const headCases: Readonly<Record<string, HeadCase>> = {
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

export function headOf({ head, dims }: HeadCase): Head {
  const postprocess = head.type === 'detections' ? { iouThreshold: 1 } : {};
  const manifest = testManifest({ input: { shape: [1, 3, 64, 64] }, head, postprocess });
  return createHead(manifest, graphOutputs(dims));
}

/** Outputs of random values, the scores among them from 0 to 1. */
export function randomOutputs({ dims, givesLogits = false }: HeadCase, seed: number): TensorMap {
  return Object.fromEntries(
    Object.entries(dims).map(([name, size]) => {
      const values = randomFloats(elementCount(size), seed).map((value) =>
        givesLogits ? 5 * value : (value + 1) / 2,
      );
      return [name, float32Tensor(size, values)];
    }),
  );
}
