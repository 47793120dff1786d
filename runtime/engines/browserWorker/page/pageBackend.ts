import type { Tensor } from '../../../graph/tensor.js';
import type { TensorMap } from '../../engine.js';
import type { Description, LoadRequest } from '../messages.js';

/** A graph in the page. */
export interface PageSession {
  /** Returns the named outputs. */
  run(feeds: TensorMap, outputs: readonly string[]): Promise<TensorMap>;
  /** Told of a tensor, the very object, that runs are going to be fed again and again: it may stay on the device. */
  keep?(tensor: Tensor): void;
  dispose(): Promise<void> | void;
}

/** An engine as it runs in the page. */
export interface PageBackend {
  /** @throws AgentError `engine_unavailable`, with what the browser lacks */
  describe(): Promise<Description>;
  /** @param model bytes of an ONNX file */
  load(model: Uint8Array, optimization: LoadRequest['optimization']): Promise<PageSession>;
}
