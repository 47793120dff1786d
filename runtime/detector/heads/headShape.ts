import { labelNames } from '../labels.js';
import type { Manifest } from '../manifest.js';

/** What a head needs to know beyond its own part of the manifest. */
export interface HeadShape {
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** Without a background class. */
  readonly numClasses: number;
}

export function headShape(manifest: Manifest): HeadShape {
  const [, , inputHeight, inputWidth] = manifest.input.shape;
  return { inputWidth, inputHeight, numClasses: labelNames(manifest.labels).length };
}
