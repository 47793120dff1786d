import type { InputConvention } from './recognition.js';

/** How families of detectors were trained to see pictures. */

/** Mean and standard deviation of ImageNet's red, green and blue, in bytes. */
const imageNet = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } as const;
const reversed = ([a, b, c]: readonly [number, number, number]): [number, number, number] => [c, b, a];

const stretched = { resize: 'stretch', padValue: 0, interpolation: 'bilinear' } as const;

/** Ultralytics, YOLOv6, YOLOv7: RGB in 0..1, centred on grey. */
export const letterboxedRgb: InputConvention = {
  color: 'RGB',
  mean: [0, 0, 0],
  std: [255, 255, 255],
  resize: 'letterbox',
  padValue: 114,
  interpolation: 'bilinear',
};

/** Darknet: RGB in 0..1. */
export const unitRgb: InputConvention = { ...letterboxedRgb, ...stretched };

/** YOLOX from 0.1.1 on: bytes as OpenCV reads them. */
export const yoloxBytes: InputConvention = {
  color: 'BGR',
  mean: [0, 0, 0],
  std: [1, 1, 1],
  resize: 'letterbox-top-left',
  padValue: 114,
  interpolation: 'bilinear',
};

/** YOLOX before 0.1.1. */
export const yoloxNormalised: InputConvention = {
  ...yoloxBytes,
  color: 'RGB',
  mean: [...imageNet.mean],
  std: [...imageNet.std],
};

/** Torchvision, PaddleDetection. */
export const imageNetRgb: InputConvention = {
  color: 'RGB',
  mean: [...imageNet.mean],
  std: [...imageNet.std],
  ...stretched,
};

/** NanoDet: ImageNet's figures on pictures as OpenCV reads them. */
export const imageNetBgr: InputConvention = {
  color: 'BGR',
  mean: reversed(imageNet.mean),
  std: reversed(imageNet.std),
  ...stretched,
};

/** Caffe and OpenVINO: bytes as OpenCV reads them. */
export const bytesBgr: InputConvention = { ...yoloxBytes, ...stretched };

/** Thresholds for finding much and judging it later; `iouThreshold` is what families differ in. */
export function postprocessOf(iouThreshold: number) {
  return { scoreThreshold: 0.01, iouThreshold, maxDetections: 100, classAware: true };
}
