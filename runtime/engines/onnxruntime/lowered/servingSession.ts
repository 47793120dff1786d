import { AgentError } from '../../../errors.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { RunObserver, Session, TensorInfo, TensorMap } from '../../engine.js';
import { type ImageCodes, imageCodes, imageDims } from '../../imageCodes.js';

export interface ServingSessionOptions {
  /** How the images are given to the session that takes codes of them; those of others are given as they are. */
  readonly codes?: Readonly<Record<string, ImageCodes>>;
  readonly note: string;
}

/** A session that may be of a lowered graph, which takes images as codes or as the float32 tensors of the graph itself. */
export class ServingSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly loweringNote: string;
  readonly #session: Session;
  readonly #codes: Readonly<Record<string, ImageCodes>>;

  /** @param session is disposed of with this one */
  constructor(session: Session, { codes = {}, note }: ServingSessionOptions) {
    this.#session = session;
    this.#codes = codes;
    this.inputs = session.inputs.map((info) => {
      const own = codes[info.name];
      return own === undefined ? info : { ...info, codes: own };
    });
    this.outputs = session.outputs;
    this.loweringNote = note;
  }

  async run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap> {
    return this.#session.run(this.#asCodes(feeds), outputs, observer);
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
