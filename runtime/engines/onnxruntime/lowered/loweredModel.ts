import type { Graph } from '../../../graph/graph.js';
import { encodeOnnx } from '../../../graph/onnxCodec.js';
import { extentOf } from '../../../lowering/extent.js';
import { foldPixels } from '../../../lowering/foldPixels.js';
import { layoutChannels } from '../../../lowering/layout/layoutChannels.js';
import { lowerQdq } from '../../../lowering/lowerQdq.js';
import { unpackHeads } from '../../../lowering/outputs/unpackHeads.js';
import type { TensorInfo } from '../../engine.js';
import type { ImageCodes } from '../../imageCodes.js';
import { inputCodes } from '../../inputCodes.js';
import type { ChosenForms } from '../../loweringForms.js';
import { outputInfos } from '../../outputInPieces.js';
import { channelAlignments, foldedFrom, kernelChoices } from '../integer/kernelChoices.js';
import { writeIntegerGraph } from '../integer/writeIntegerGraph.js';

/** Goes up with every change of what is lowered and how, so that no cache gives out what an older program made. */
export const loweringVersion = 12;

/** How a lowered model is used in place of the graph: plain data. */
export interface LoweredSurface {
  /** How its images are given to it, by name. */
  readonly codes: Readonly<Record<string, ImageCodes>>;
  /** The graph's. */
  readonly outputs: readonly TensorInfo[];
}

/** A QDQ graph in onnxruntime's integer operators. */
export interface LoweredModel {
  /** An ONNX file. */
  readonly bytes: Uint8Array;
  readonly surface: LoweredSurface;
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
  const integers = unpackHeads(layoutChannels(folded, channelAlignments[choices.channels]));
  return {
    bytes: encodeOnnx(writeIntegerGraph(integers, choices)),
    surface: { codes: inputCodes(integers), outputs: outputInfos(graph, integers.unpacked) },
    extent: extentOf(result),
  };
}
