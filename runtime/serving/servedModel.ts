import type { Detector } from '../detector/detector.js';

/** How a model's arithmetic is done where it serves; `simulated-…` is float arithmetic on quantized values. */
export type Precision = 'float32' | 'int8' | `simulated-w${number}a${number}`;

/** What every answer says about the model that gave it. */
export interface ModelIdentity {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly precision: Precision;
  /** Name of the engine that runs it. */
  readonly engine: string;
}

/** A loaded model. Whoever holds it last disposes of its detector: the slot, once it has been put into one. */
export interface ServedModel {
  readonly identity: ModelIdentity;
  readonly detector: Detector;
}
