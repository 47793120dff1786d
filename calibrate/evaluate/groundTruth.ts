import { z } from 'zod';
import { AgentError } from '../../runtime/errors.js';

/** Labelled images, as a COCO detection file describes them. */
export interface GroundTruth {
  readonly images: readonly TruthImage[];
  readonly categories: readonly TruthCategory[];
  readonly boxes: readonly TruthBox[];
}

export interface TruthImage {
  readonly id: number;
  /** Relative to the folder of images. */
  readonly fileName: string;
}

export interface TruthCategory {
  readonly id: number;
  readonly name: string;
}

export interface TruthBox {
  readonly imageId: number;
  readonly categoryId: number;
  /** `[x, y, width, height]`, pixels. */
  readonly bbox: readonly [number, number, number, number];
  /** Pixels squared: of the object's outline where the file has it, else of the box. */
  readonly area: number;
  /** A region with many objects: detections in it are neither right nor wrong. */
  readonly crowd: boolean;
}

const cocoFile = z.object({
  images: z
    .array(
      z.object({
        id: z.int(),
        file_name: z
          .string()
          .min(1)
          .refine((name) => !name.startsWith('/') && !name.split(/[/\\]/).includes('..'), {
            error: 'must stay inside the folder of images',
          }),
      }),
    )
    .min(1),
  annotations: z.array(
    z.object({
      image_id: z.int(),
      category_id: z.int(),
      bbox: z.tuple([z.number(), z.number(), z.number().nonnegative(), z.number().nonnegative()]),
      area: z.number().nonnegative().optional(),
      iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).optional(),
    }),
  ),
  categories: z.array(z.object({ id: z.int(), name: z.string() })).min(1),
});

/**
 * Returns the ground truth that a COCO detection file holds. Keys that boxes do not need (segmentations,
 * licences) are ignored, and so are annotations of images or categories that the file does not list, as in
 * pycocotools. `iscrowd` is 0 and `area` the box's own where they are absent.
 *
 * @param json the parsed file
 * @param where a path or other name of the source, for messages
 * @throws AgentError `annotations_invalid`, naming the place in the file
 */
export function parseGroundTruth(json: unknown, where: string): GroundTruth {
  const result = cocoFile.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw invalid(where, `${placeOf(issue.path)}: ${issue.message}`);
  }
  const { images, annotations, categories } = result.data;
  const imageIds = uniqueIds(images, 'images', where);
  const categoryIds = uniqueIds(categories, 'categories', where);
  const known = annotations.filter((box) => imageIds.has(box.image_id) && categoryIds.has(box.category_id));
  if (known.length === 0 && annotations.length > 0) {
    throw invalid(where, 'annotations: expected image_id and category_id of listed images and categories');
  }
  return {
    images: images.map(({ id, file_name }) => ({ id, fileName: file_name })),
    categories,
    boxes: known.map((box) => ({
      imageId: box.image_id,
      categoryId: box.category_id,
      bbox: box.bbox,
      area: box.area ?? box.bbox[2] * box.bbox[3],
      crowd: Boolean(box.iscrowd),
    })),
  };
}

function uniqueIds(items: readonly { readonly id: number }[], key: string, where: string): Set<number> {
  const ids = new Set<number>();
  for (const [index, { id }] of items.entries()) {
    if (ids.has(id)) throw invalid(where, `${key}[${index}].id: expected an id of its own, got ${id} again`);
    ids.add(id);
  }
  return ids;
}

/** `annotations[3].bbox[2]` from `['annotations', 3, 'bbox', 2]`. */
function placeOf(path: readonly PropertyKey[]): string {
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return place.replace(/^\./, '') || '(top level)';
}

function invalid(where: string, problem: string): AgentError {
  return new AgentError('annotations_invalid', `${where}: not COCO detection ground truth: ${problem}`, {
    detail: { where, expected: problem },
  });
}
