import type { Frame, FrameSource } from './frame.js';

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

/** A source that knows what its frames show, as a rendered scene does. */
export interface LabelledSource extends FrameSource {
  /**
   * Returns the ground truth of frames of this source: one image each, in their order, whose `file_name` is the
   * frame's name.
   *
   * @throws AgentError `frames_missing` for a frame of another source
   */
  annotationsOf(frames: readonly Pick<Frame, 'name'>[]): CocoFile;
}

export function isLabelled(source: FrameSource): source is LabelledSource {
  return 'annotationsOf' in source;
}
