import type { CocoFile } from '../labelledSource.js';
import { syntheticCategories } from './catalog/catalog.js';
import type { RenderedScene } from './sceneRenderer.js';

export interface NamedTruth {
  /** `file_name` of the image. */
  readonly name: string;
  /** Its size, pixels. */
  readonly width: number;
  readonly height: number;
  readonly truth: RenderedScene['truth'];
}

/**
 * Returns the COCO ground truth of rendered frames; ids count from 1 in the order given.
 *
 * Boxes are those of what is visible, `area` its pixels. What is seen less of than `askedFor` says is `iscrowd` 1.
 */
export function syntheticTruth(frames: readonly NamedTruth[]): CocoFile {
  const objects = frames.flatMap(({ truth }, index) =>
    truth.map((object) => ({ object, imageId: index + 1 })),
  );
  return {
    images: frames.map(({ name, width, height }, index) => ({
      id: index + 1,
      file_name: name,
      width,
      height,
    })),
    categories: syntheticCategories.map(({ id, name }) => ({ id, name })),
    annotations: objects.map(({ object, imageId }, index) => ({
      id: index + 1,
      image_id: imageId,
      category_id: object.categoryId,
      bbox: object.bbox,
      area: object.areaPx,
      iscrowd: object.crowd ? 1 : 0,
    })),
  };
}
