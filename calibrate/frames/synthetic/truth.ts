import { syntheticCategories } from './catalog/catalog.js';
import type { FrameBuffer } from './scene/frameBuffer.js';

/** A thing in a frame, as far as it can be seen. */
export interface SyntheticObject {
  /** 1 to 8. */
  readonly categoryId: number;
  readonly name: string;
  /** `[x, y, width, height]` of the pixels that it covers by half and nothing nearer covers, whole pixels. */
  readonly bbox: readonly [number, number, number, number];
  /** How many pixels those are. */
  readonly areaPx: number;
  /** Their share of all pixels that it would cover alone, up to a quarter beyond the picture's edges, 0..1. */
  readonly visibleShare: number;
  /** Too little is seen to ask for it: see `askedFor`. */
  readonly crowd: boolean;
}

/**
 * What is asked of a detector: at least this share is visible, and no side of the box is shorter. What is seen less of is a
 * crowd region: finding it is neither right nor wrong.
 */
export const askedFor = { visibleShare: 0.5, sidePx: 12 } as const;

/** A thing of which fewer pixels are seen is left out altogether. */
const leastPixels = 6;

export interface DrawnThing {
  readonly categoryId: number;
  /** Pixels that it would cover alone. */
  readonly alonePx: number;
}

/** Returns what is seen of each thing that has a class; `things[n]` owns the pixels of number n + 1. */
export function truthOf(
  { width, height, owner }: FrameBuffer,
  things: readonly DrawnThing[],
): SyntheticObject[] {
  const extents = things.map(() => ({ left: width, top: height, right: 0, bottom: 0, pixels: 0 }));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const number = owner[y * width + x]!;
      if (number === 0) continue;
      const extent = extents[number - 1]!;
      extent.pixels++;
      if (x < extent.left) extent.left = x;
      if (x >= extent.right) extent.right = x + 1;
      if (y < extent.top) extent.top = y;
      extent.bottom = y + 1;
    }
  }
  return extents.flatMap(({ left, top, right, bottom, pixels }, index) => {
    const { categoryId, alonePx } = things[index]!;
    const category = syntheticCategories.find(({ id }) => id === categoryId);
    if (category === undefined || pixels < leastPixels) return [];
    const visibleShare = Math.min(1, pixels / alonePx);
    const bbox = [left, top, right - left, bottom - top] as const;
    const crowd = visibleShare < askedFor.visibleShare || Math.min(bbox[2], bbox[3]) < askedFor.sidePx;
    return [{ categoryId, name: category.name, bbox, areaPx: pixels, visibleShare, crowd }];
  });
}
