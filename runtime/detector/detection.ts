/** `[x1, y1, x2, y2]`, in pixels of the original image, x to the right and y down, clipped to the image. */
export type Box = readonly [number, number, number, number];

export interface Detection {
  readonly label: string;
  /** Index in the manifest's labels, from 0. */
  readonly classId: number;
  /** 0..1 */
  readonly score: number;
  readonly box: Box;
}

/** Wall-clock time of the stages of one detection, in milliseconds. */
export interface StageTimings {
  readonly decode: number;
  readonly preprocess: number;
  /** The network's run alone, without a wait for other runs of the same session that the engine tells apart. */
  readonly infer: number;
  readonly postprocess: number;
}
