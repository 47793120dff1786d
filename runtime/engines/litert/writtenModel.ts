import type { Graph, ValueInfo } from '../../graph/graph.js';
import type { TensorType } from '../../graph/passes/shapes/rule.js';
import type { Tensor } from '../../graph/tensor.js';
import type { UnpackedOutput } from '../../lowering/outputs/unpackedOutput.js';
import type { TensorInfo } from '../engine.js';
import type { ImageCodes } from '../imageCodes.js';
import { outputInfos } from '../outputInPieces.js';
import type { WrittenGraph } from './float/writeGraph.js';
import { encodeTflite } from './tflite/encodeTflite.js';
import type { ModelWriter } from './tflite/modelWriter.js';
import type { TfliteModel, TfliteTensor } from './tflite/tfliteModel.js';

/** How the surface of a graph is found in a model that was written of it. */
export interface ModelSurface {
  readonly inputs: ReadonlyMap<string, TensorType>;
  /** The graph's. */
  readonly outputs: readonly TensorInfo[];
  /** What there is of them: themselves or their pieces. */
  readonly made: ReadonlyMap<string, { readonly source: OutputSource; readonly type: TensorType }>;
  /** Name of the graph's input that each input of the model takes, and how it takes an image as codes. */
  readonly fedBy: readonly { readonly name: string; readonly codes: ImageCodes | undefined }[];
  /** How far a quantized graph was lowered, as a sentence's end; `undefined` for one in float. */
  readonly extent: string | undefined;
}

export interface WrittenModel {
  readonly model: TfliteModel;
  readonly surface: ModelSurface;
}

/** What an output of the graph is: an output of the model, a feed or a constant. */
export type OutputSource =
  | { readonly output: number; readonly isShared: boolean }
  | { readonly feed: string }
  | { readonly constant: Tensor };

/** A written model as the library reads it: plain data, which crosses threads. */
export interface EncodedModel {
  /** A .tflite file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly inputs: readonly TfliteTensor[];
  readonly outputs: readonly TfliteTensor[];
  readonly surface: ModelSurface;
}

interface ModelParts {
  readonly graph: Graph;
  /** What is written of the graph's outputs: themselves or their pieces, and how these are joined. */
  readonly pieces: readonly ValueInfo[];
  readonly unpacked: Readonly<Record<string, UnpackedOutput>>;
  readonly written: WrittenGraph;
  /** Of a quantized graph. */
  readonly integers?: {
    readonly codes: Readonly<Record<string, ImageCodes>>;
    readonly extent: string;
  };
}

/** Returns the model that the writer holds, and how the graph's surface is found in it. */
export function finishModel(writer: ModelWriter, parts: ModelParts): WrittenModel {
  const { graph, pieces, unpacked, written, integers } = parts;
  const made = [...written.outputs.values()].filter((output) => typeof output === 'number');
  const outputs = [...new Set(made)];
  const sourceOf = (output: number | Exclude<OutputSource, { readonly output: number }>): OutputSource => {
    if (typeof output !== 'number') return output;
    const isShared = made.filter((other) => other === output).length > 1;
    return { output: outputs.indexOf(output), isShared };
  };
  const surface: ModelSurface = {
    fedBy: [...written.inputs.keys()].map((name) => ({ name, codes: integers?.codes[name] })),
    inputs: new Map(graph.inputs.map((input) => [input.name, typeOf(input)])),
    outputs: outputInfos(graph, unpacked),
    made: new Map(
      pieces.map((output) => {
        const source = sourceOf(written.outputs.get(output.name)!);
        return [output.name, { source, type: typeOf(output) }];
      }),
    ),
    extent: integers?.extent,
  };
  return { model: writer.finish({ inputs: [...written.inputs.values()], outputs }), surface };
}

export function encodeModel({ model, surface }: WrittenModel): EncodedModel {
  const at = (index: number): TfliteTensor => model.tensors[index]!;
  return {
    bytes: encodeTflite(model),
    inputs: model.inputs.map(at),
    outputs: model.outputs.map(at),
    surface,
  };
}

function typeOf({ dtype, dims }: ValueInfo): TensorType {
  return { dtype, dims: dims as readonly number[] };
}
