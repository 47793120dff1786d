import { z } from 'zod';

/** The manifest's key `head`: one shape per family of detectors. `docs/manifest.md` says what each decodes to. */

const positive = z.number().positive();
const pair = z.tuple([z.int().positive(), z.int().positive()]);
const tensorName = z.string().min(1);

const gfl = z.strictObject({
  type: z.literal('gfl'),
  strides: z.array(z.int().positive()).min(1),
  regMax: z.int().min(1).max(64),
  cellOffset: z.number().min(0).max(1).default(0),
  outputs: z.union([
    z.strictObject({ packed: tensorName }),
    z.strictObject({ scores: z.array(tensorName).min(1), distances: z.array(tensorName).min(1) }),
  ]),
  note: z.string().optional(),
});

const yolox = z.strictObject({
  type: z.literal('yolox'),
  strides: z.array(z.int().positive()).min(1),
  outputs: z.strictObject({ packed: tensorName }),
  note: z.string().optional(),
});

const yolov3 = z.strictObject({
  type: z.literal('yolov3'),
  scaleXY: z.number().min(1).max(2).default(1),
  anchors: z.array(z.array(z.tuple([positive, positive])).min(1)).min(1),
  outputs: z.strictObject({ maps: z.array(tensorName).min(1) }),
  note: z.string().optional(),
});

const ssdPriors = z.strictObject({
  featureMap: pair,
  step: positive,
  offset: z.number(),
  widths: z.array(positive).min(1),
  heights: z.array(positive).min(1),
});

const ssd = z.strictObject({
  type: z.literal('ssd'),
  variances: z.tuple([positive, positive, positive, positive]),
  priors: z.array(ssdPriors).min(1),
  background: z.int().min(0),
  outputs: z.strictObject({ boxes: tensorName, scores: tensorName }),
  note: z.string().optional(),
});

const anchorLevel = z.strictObject({
  stride: z.int().positive(),
  /** Square roots of the anchors' areas, in input pixels. */
  sizes: z.array(positive).min(1),
  /** Height / width at the area of the size, or width and height in units of it. */
  ratios: z.array(z.union([positive, z.tuple([positive, positive])])).min(1),
});

const retinanet = z.strictObject({
  type: z.literal('retinanet'),
  levels: z.array(anchorLevel).min(1),
  cellOffset: z.number().min(0).max(1).default(0.5),
  anchorOrder: z.enum(['ratio-size', 'size-ratio']).default('ratio-size'),
  deltaOrder: z.enum(['xywh', 'yxhw']).default('xywh'),
  variances: z.tuple([positive, positive, positive, positive]).default([1, 1, 1, 1]),
  maxLogScale: positive.default(4),
  scoreActivation: z.enum(['sigmoid', 'none']).default('sigmoid'),
  outputs: z.strictObject({ scores: z.array(tensorName).min(1), deltas: z.array(tensorName).min(1) }),
  note: z.string().optional(),
});

const ltrb = z.strictObject({
  type: z.literal('ltrb'),
  strides: z.array(z.int().positive()).min(1),
  cellOffset: z.number().min(0).max(1).default(0.5),
  distanceUnit: z.enum(['stride', 'pixel']).default('stride'),
  distanceActivation: z.enum(['none', 'relu', 'exp']).default('none'),
  scoreActivation: z.enum(['none', 'sigmoid']).default('none'),
  /** How a centerness joins a class: their product, or its square root. */
  centernessMean: z.enum(['product', 'geometric']).default('product'),
  outputs: z.union([
    z.strictObject({ packed: tensorName }),
    z.strictObject({
      scores: z.array(tensorName).min(1),
      distances: z.array(tensorName).min(1),
      centerness: z.array(tensorName).min(1).optional(),
    }),
  ]),
  note: z.string().optional(),
});

const boxFormat = z.enum(['xywh', 'xyxy']).default('xywh');
const boxUnit = z.enum(['pixel', 'fraction']).default('pixel');

const yolov8 = z.strictObject({
  type: z.literal('yolov8'),
  boxFormat,
  boxUnit,
  outputs: z.union([
    z.strictObject({ packed: tensorName }),
    z.strictObject({ boxes: tensorName, scores: tensorName }),
  ]),
  note: z.string().optional(),
});

const yolov5 = z.strictObject({
  type: z.literal('yolov5'),
  boxFormat,
  boxUnit,
  outputs: z.strictObject({ packed: tensorName }),
  note: z.string().optional(),
});

const detectionColumn = z.enum(['x1', 'y1', 'x2', 'y2', 'cx', 'cy', 'w', 'h', 'score', 'class', 'ignored']);

const detections = z.strictObject({
  type: z.literal('detections'),
  columns: z.array(detectionColumn).min(6).default(['x1', 'y1', 'x2', 'y2', 'score', 'class']),
  boxUnit,
  outputs: z.strictObject({ packed: tensorName }),
  note: z.string().optional(),
});

export const headSchema = z.discriminatedUnion('type', [
  gfl,
  yolox,
  yolov3,
  ssd,
  retinanet,
  ltrb,
  yolov8,
  yolov5,
  detections,
]);
