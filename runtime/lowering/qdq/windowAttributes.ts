import { intsAttribute, type Node, stringAttribute } from '../../graph/graph.js';
import type { Padding } from '../integerGraph.js';

/** How a window slides over an image. */
export interface WindowAttributes {
  /** `[vertical, horizontal]` */
  readonly strides: readonly [number, number];
  /** `[vertical, horizontal]` */
  readonly dilations: readonly [number, number];
  readonly padding: Padding;
}

/** Returns how the two-dimensional window of a Conv or pooling slides; `undefined` where its padding is worked out at run time. */
export function windowAttributes(node: Node): WindowAttributes | undefined {
  if (stringAttribute(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return undefined;
  const strides = intsAttribute(node, 'strides', [1, 1]);
  const dilations = intsAttribute(node, 'dilations', [1, 1]);
  const [top, left, bottom, right] = intsAttribute(node, 'pads', [0, 0, 0, 0]);
  if (strides.length !== 2 || dilations.length !== 2 || right === undefined) return undefined;
  return {
    strides: [strides[0]!, strides[1]!],
    dilations: [dilations[0]!, dilations[1]!],
    padding: { top: top!, left: left!, bottom: bottom!, right },
  };
}
