import { AgentError } from '../../../errors.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { RunObserver, Session, TensorInfo, TensorMap } from '../../engine.js';
import { type ImageCodes, imageCodes, imageDims } from '../../imageCodes.js';
import { inPieces, pieceNames } from '../../outputInPieces.js';
import type { LoweredSurface } from './loweredModel.js';

export interface ServingSessionOptions {
  /** Of the lowered graph that the session runs. Default: it runs the graph as it stands. */
  readonly surface?: LoweredSurface;
  readonly note: string;
}

/**
 * A session that may be of a lowered graph, which takes images as codes or as the float32 tensors of the graph itself, and gives
 * its outputs in pieces.
 */
export class ServingSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly loweringNote: string;
  readonly #session: Session;
  readonly #codes: Readonly<Record<string, ImageCodes>>;

  /** @param session is disposed of with this one */
  constructor(session: Session, { surface, note }: ServingSessionOptions) {
    const { codes, outputs } = surface ?? { codes: {}, outputs: session.outputs };
    this.#session = session;
    this.#codes = codes;
    this.inputs = session.inputs.map((info) => {
      const own = codes[info.name];
      return own === undefined ? info : { ...info, codes: own };
    });
    this.outputs = outputs;
    this.loweringNote = note;
  }

  async run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap> {
    const names = outputs ?? this.outputs.map(({ name }) => name);
    const asked = pieceNames(names, this.outputs);
    const given = await this.#session.run(this.#asCodes(feeds), asked, observer);
    return inPieces(names, { outputs: this.outputs, given });
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  #asCodes(feeds: TensorMap): TensorMap {
    return Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => {
        const codes = this.#codes[name];
        return [
          name,
          codes === undefined || tensor.dtype === 'uint8' ? tensor : quantized(name, tensor, codes),
        ];
      }),
    );
  }
}

function quantized(name: string, tensor: Tensor, codes: ImageCodes): Tensor {
  const expected = `float32[${imageDims(codes)}]`;
  const got = `${tensor.dtype}[${tensor.dims}]`;
  if (got !== expected) {
    throw new AgentError('engine_run_failed', `expected input "${name}" to be ${expected}, got ${got}`, {
      detail: { where: name, expected, got },
    });
  }
  return imageCodes(tensor, codes);
}
