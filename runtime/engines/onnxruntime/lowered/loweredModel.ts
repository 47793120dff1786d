import type { Graph } from '../../../graph/graph.js';
import { encodeOnnx } from '../../../graph/onnxCodec.js';
import { extentOf } from '../../../lowering/extent.js';
import { foldPixels } from '../../../lowering/foldPixels.js';
import { layoutChannels } from '../../../lowering/layout/layoutChannels.js';
import { lowerQdq } from '../../../lowering/lowerQdq.js';
import type { ImageCodes } from '../../imageCodes.js';
import { inputCodes } from '../../inputCodes.js';
import type { ChosenForms } from '../../loweringForms.js';
import { channelAlignments, foldedFrom, kernelChoices } from '../integer/kernelChoices.js';
import { writeIntegerGraph } from '../integer/writeIntegerGraph.js';

/** Goes up with every change of what is lowered and how, so that no cache gives out what an older program made. */
export const loweringVersion = 11;

/** A QDQ graph in onnxruntime's integer operators. */
export interface LoweredModel {
  /** An ONNX file. */
  readonly bytes: Uint8Array;
  /** How its images are given to it. */
  readonly codes: Readonly<Record<string, ImageCodes>>;
  /** How far the graph was lowered, as a sentence's end. */
  readonly extent: string;
}

/**
 * Returns the lowered form of a QDQ graph, or the reason why there is none.
 *
 * @param chosen overrules what is chosen for the processor
 */
export function lowerModel(
  graph: Graph,
  chosen: ChosenForms = {},
): LoweredModel | { readonly refusal: string } {
  const result = lowerQdq(graph);
  if (result.graph === undefined) return { refusal: result.reason };
  const choices = kernelChoices(result.graph, chosen);
  const folded = foldPixels(result.graph, foldedFrom[choices.stem]);
  const integers = layoutChannels(folded, channelAlignments[choices.channels]);
  return {
    bytes: encodeOnnx(writeIntegerGraph(integers, choices)),
    codes: inputCodes(integers),
    extent: extentOf(result),
  };
}
