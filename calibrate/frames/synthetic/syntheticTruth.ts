import { syntheticCategories } from './catalog/catalog.js';
import type { RenderedScene } from './sceneRenderer.js';

/** A COCO detection file, as `parseGroundTruth` and pycocotools read it. */
export interface CocoFile {
  readonly images: readonly {
    readonly id: number;
    readonly file_name: string;
    readonly width: number;
    readonly height: number;
  }[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly annotations: readonly {
    readonly id: number;
    readonly image_id: number;
    readonly category_id: number;
    readonly bbox: readonly [number, number, number, number];
    readonly area: number;
    readonly iscrowd: 0 | 1;
  }[];
}

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
