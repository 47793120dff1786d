import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { isQuantized } from '../../graph/isQuantized.js';
import { extentOf } from '../../lowering/extent.js';
import { foldPixels } from '../../lowering/foldPixels.js';
import type { IntegerGraph } from '../../lowering/integerGraph.js';
import { layoutChannels } from '../../lowering/layout/layoutChannels.js';
import { lowerQdq } from '../../lowering/lowerQdq.js';
import { unpackHeads } from '../../lowering/outputs/unpackHeads.js';
import { unpackOutputs } from '../../lowering/outputs/unpackOutputs.js';
import { inputCodes } from '../inputCodes.js';
import type { ChosenForms } from '../loweringForms.js';
import { prepareGraph, requireElements, writeGraph } from './float/writeGraph.js';
import { growForPooling } from './integer/growForPooling.js';
import { channelAlignments, formsWith, type ModelForms } from './integer/modelForms.js';
import { writeIntegerGraph } from './integer/writeIntegerGraph.js';
import { ModelWriter } from './tflite/modelWriter.js';
import { finishModel, type WrittenModel } from './writtenModel.js';

/**
 * Returns the graph as a .tflite model: a QDQ graph in integers, any other in float32.
 *
 * @param chosen overrules the forms that are chosen for the processor
 * @throws AgentError `op_unsupported` for an operator, or a quantized graph that lowers in part: quantized convolutions
 *   that are left would run in float, slowly; `engine_load_failed` for shapes that do not fit or are not fixed
 */
export function writeModel(graph: Graph, chosen?: ChosenForms): WrittenModel {
  const writer = new ModelWriter();
  if (isQuantized(graph)) {
    const forms = formsWith(chosen);
    const { integers, extent } = lowered(graph, forms);
    return finishModel(writer, {
      graph,
      unpacked: integers.unpacked,
      pieces: integers.tail.outputs,
      written: writeIntegerGraph(writer, growForPooling(integers), forms),
      integers: { codes: inputCodes(integers), extent },
    });
  }
  const prepared = prepareGraph(graph);
  requireElements(prepared);
  const { graph: inPieces, unpacked } = unpackOutputs(prepared, { features: convolutionOutputs(prepared) });
  return finishModel(writer, {
    graph: prepared,
    unpacked,
    pieces: inPieces.outputs,
    written: writeGraph(writer, inPieces),
  });
}

function convolutionOutputs({ nodes }: Graph): string[] {
  return nodes.flatMap(({ opType, outputs }) => (opType === 'Conv' ? outputs : []));
}

function lowered(
  graph: Graph,
  { channels, stem }: ModelForms,
): { readonly integers: IntegerGraph; readonly extent: string } {
  const result = lowerQdq(graph);
  if (result.graph === undefined) throw notLowered(`this one does not: ${result.reason}`);
  const { stoppedAt } = result;
  if (stoppedAt === undefined) {
    const folded = stem === 'blocks' ? foldPixels(result.graph) : result.graph;
    const integers = unpackHeads(layoutChannels(folded, channelAlignments[channels]));
    return { integers, extent: extentOf(result) };
  }
  throw notLowered(`this one does as far as ${stoppedAt}`, stoppedAt);
}

function notLowered(what: string, where?: string): AgentError {
  return new AgentError(
    'op_unsupported',
    `LiteRT runs a quantized graph where all of it lowers to integers; ${what}`,
    {
      detail: where === undefined ? {} : { where },
    },
  );
}
