import type { HeadManifest } from '../manifest.js';
import { type GridPoints, gridPoints } from './gridPoints.js';
import type { LevelGrid } from './levelValues.js';

type RetinanetManifest = Extract<HeadManifest, { type: 'retinanet' }>;

/** The anchors of a pyramid: levels in order, rows, columns, then the anchors of one cell. */
export interface AnchorBoxes {
  readonly grid: LevelGrid;
  /** `[count, 4]`: centre x, centre y, width and height, in pixels of the network's input. */
  readonly boxes: Float32Array;
}

/**
 * Returns the anchors for an input of `width` x `height`. An anchor of size s and ratio r has the area s * s:
 *
 * centre = (cell + cellOffset) * stride, width = s / sqrt(r), height = s * sqrt(r). One of a pair of factors instead of a ratio has
 * these times s as its sides.
 */
export function anchorBoxes(
  manifest: Pick<RetinanetManifest, 'levels' | 'cellOffset' | 'anchorOrder'>,
  { inputWidth, inputHeight }: { readonly inputWidth: number; readonly inputHeight: number },
): AnchorBoxes {
  const shapes = manifest.levels.map((level) => anchorShapes(level, manifest.anchorOrder));
  const strides = manifest.levels.map(({ stride }) => stride);
  const points: GridPoints = gridPoints(strides, inputWidth, inputHeight);
  const boxes: number[] = [];
  for (let cell = 0; cell < points.count; cell++) {
    const level = points.levels[cell]!;
    const centreX = (points.columns[cell]! + manifest.cellOffset) * strides[level]!;
    const centreY = (points.rows[cell]! + manifest.cellOffset) * strides[level]!;
    for (const [width, height] of shapes[level]!) {
      boxes.push(centreX, centreY, width, height);
    }
  }
  const grid = { cells: points.sizes, anchors: shapes.map(({ length }) => length) };
  return { grid, boxes: Float32Array.from(boxes) };
}

function anchorShapes(
  { sizes, ratios }: RetinanetManifest['levels'][number],
  order: RetinanetManifest['anchorOrder'],
): (readonly [width: number, height: number])[] {
  const shape = (size: number, ratio: (typeof ratios)[number]) => {
    const [width, height] = typeof ratio === 'number' ? [1 / Math.sqrt(ratio), Math.sqrt(ratio)] : ratio;
    return [size * width, size * height] as const;
  };
  return order === 'ratio-size'
    ? ratios.flatMap((ratio) => sizes.map((size) => shape(size, ratio)))
    : sizes.flatMap((size) => ratios.map((ratio) => shape(size, ratio)));
}
