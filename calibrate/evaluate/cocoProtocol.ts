/** The constants of COCO's box protocol, bit for bit as pycocotools' `Params` computes them. */

/** .50, .55 … .95: `numpy.linspace`, whose rounding decides matches that lie on a threshold. */
export const iouThresholds: readonly number[] = linspace(0.5, 0.95, 10);

/** 0, .01 … 1 */
export const recallThresholds: readonly number[] = linspace(0, 1, 101);

/** Detections beyond this many, per image and category, are left out of everything. */
export const maxDetections = 100;

/** A box counts for a range when `minPixels <= area <= maxPixels`; pixels squared. */
export interface AreaRange {
  readonly minPixels: number;
  readonly maxPixels: number;
}

export const areaRanges = {
  all: { minPixels: 0, maxPixels: 1e10 },
  small: { minPixels: 0, maxPixels: 32 ** 2 },
  medium: { minPixels: 32 ** 2, maxPixels: 96 ** 2 },
  large: { minPixels: 96 ** 2, maxPixels: 1e10 },
} as const satisfies Record<string, AreaRange>;

export type AreaName = keyof typeof areaRanges;

function linspace(first: number, last: number, count: number): number[] {
  const step = (last - first) / (count - 1);
  return Array.from({ length: count }, (_, index) => (index === count - 1 ? last : index * step + first));
}
