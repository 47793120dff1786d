import type { InputManifest } from './manifest.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where the picture lies in the network's input, in whole pixels of the input; around it there is padding. */
export interface InputTransform extends Size {
  readonly left: number;
  readonly top: number;
  readonly original: Size;
}

/**
 * Returns where an image lies in the network's input.
 *
 * `stretch` fills the input. The letterboxes scale both axes by min(W / width, H / height), rounded to whole
 * pixels, at least 1; `letterbox` centres the picture (an odd pixel of padding goes right or below),
 * `letterbox-top-left` puts it in that corner.
 */
export function inputTransform(
  input: Pick<InputManifest, 'shape' | 'resize'>,
  original: Size,
): InputTransform {
  const [, , height, width] = input.shape;
  if (input.resize === 'stretch') return { left: 0, top: 0, width, height, original };
  const scale = Math.min(width / original.width, height / original.height);
  const content = {
    width: Math.min(width, Math.max(1, Math.round(original.width * scale))),
    height: Math.min(height, Math.max(1, Math.round(original.height * scale))),
  };
  if (input.resize === 'letterbox-top-left') return { left: 0, top: 0, ...content, original };
  return {
    left: Math.floor((width - content.width) / 2),
    top: Math.floor((height - content.height) / 2),
    ...content,
    original,
  };
}

/**
 * Returns boxes of the network's input in pixels of the original image, clipped to it. What lies in the padding
 * ends without area.
 *
 * @param boxes `[numBoxes, 4]`, each `[x1, y1, x2, y2]`; not changed
 */
export function toOriginal(transform: InputTransform, boxes: Float32Array): Float32Array {
  const { left, top, original } = transform;
  const scaleX = original.width / transform.width;
  const scaleY = original.height / transform.height;
  const result = new Float32Array(boxes.length);
  for (let i = 0; i < boxes.length; i += 2) {
    result[i] = Math.min(original.width, Math.max(0, (boxes[i]! - left) * scaleX));
    result[i + 1] = Math.min(original.height, Math.max(0, (boxes[i + 1]! - top) * scaleY));
  }
  return result;
}
