import type { Detector } from '../../../runtime/detector/detector.js';
import type { Engine } from '../../../runtime/engines/engine.js';
import type { Draw } from './draw.js';
import type { Cost } from './measured.js';
import type { Subject } from './subject.js';

/** A way of quantizing a detector, as its users get it. */
export interface Tool {
  readonly id: string;
  /** In tables. */
  readonly label: string;
  /** What it can do; activations have 8 bits. */
  readonly weightBits: readonly number[];
  /** @throws AgentError `child_failed` */
  quantize(request: QuantizeRequest): Promise<QuantizedModel>;
}

export interface QuantizeRequest {
  readonly subject: Subject;
  readonly draw: Draw;
  readonly weightBits: number;
  /** An empty folder for whatever the tool writes. */
  readonly folder: string;
  readonly setting: Setting;
}

/** What is the same for every run of the bench. */
export interface Setting {
  /** The interpreter of the environment in `README.md`. */
  readonly python: string;
  /** Runs what the tools write as ONNX. */
  readonly engine: Engine;
  readonly threads: number;
  /** Of detptq. */
  readonly recipe: string;
  /** Folder of unlabelled images, which detptq reads by itself. */
  readonly calib: string;
}

export interface QuantizedModel extends Cost {
  /** Of the files that it takes to run it. */
  readonly sizeBytes: number;
  /** Loads it where it would be served. The caller disposes of the detector. */
  open(): Promise<Detector>;
}
