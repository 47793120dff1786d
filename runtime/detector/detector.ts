import type { Engine, LoadOptions, RunObserver, Session, TensorMap } from '../engines/engine.js';
import type { Graph } from '../graph/graph.js';
import type { Detection, StageTimings } from './detection.js';
import { createHead } from './heads/createHead.js';
import type { Head } from './heads/head.js';
import type { RawImage } from './image.js';
import type { Manifest } from './manifest.js';
import type { InputMemory } from './preprocess.js';
import {
  type PostprocessOptions,
  type PreparedImage,
  type PrepareOptions,
  type PrepareTarget,
  Processing,
} from './processing.js';

export type { PostprocessOptions, PreparedImage, PrepareOptions } from './processing.js';

export interface DetectionResult {
  readonly detections: Detection[];
  readonly timingsMs: StageTimings;
  /** Size of the original image, after EXIF rotation, in pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * Returns a detector on `engine`.
 *
 * @param files a manifest and the graph that it describes, as `readModelFiles` returns them
 * @throws AgentError what `createHead` and `engine.load` throw
 */
export async function loadDetector(
  files: { readonly manifest: Manifest; readonly graph: Graph },
  engine: Engine,
  options?: LoadOptions,
): Promise<Detector> {
  const head = createHead(files.manifest, files.graph);
  return new Detector(files.manifest, head, await engine.load(files.graph, options));
}

/** Enough for the detections that a server lets overlap. */
const spareInputs = 4;

/** A loaded network with its pre- and post-processing. Calls may overlap. */
export class Detector extends Processing {
  readonly #session: Session;
  /** Memory of inputs that were run, for the next ones: no run needs its input any more once it has ended. */
  readonly #spare: InputMemory[] = [];

  constructor(manifest: Manifest, head: Head, session: Session) {
    super(manifest, head);
    this.#session = session;
  }

  /** What became of the lowering that was allowed; see `Session.loweringNote`. */
  get loweringNote(): string | undefined {
    return this.#session.loweringNote;
  }

  /**
   * As of `Processing`, in the form that the session takes most readily: an input prepared by one detector is for that one.
   *
   * @throws AgentError what `Processing.prepare` throws
   */
  override prepare(
    image: Uint8Array | RawImage,
    options: PrepareOptions & PrepareTarget = {},
  ): Promise<PreparedImage> {
    const { codes } = this.#session.inputs.find(({ name }) => name === this.manifest.input.name) ?? {};
    return super.prepare(image, { codes, ...options });
  }

  /**
   * Returns the detections in one image, best first.
   *
   * @throws AgentError what `prepare`, `infer` and `postprocess` throw
   */
  async detect(
    image: Uint8Array | RawImage,
    options: PrepareOptions & PostprocessOptions = {},
  ): Promise<DetectionResult> {
    const prepared = await this.prepare(image, { ...options, memory: this.#spare.pop() });
    const start = performance.now();
    let runMs: number | undefined;
    const onRan = (ms: number) => {
      runMs = ms;
    };
    const outputs = await this.infer(prepared, { onRan });
    if (this.#spare.length < spareInputs) this.#spare.push(prepared.tensor.data as InputMemory);
    const inferred = performance.now();
    const detections = this.postprocess(outputs, prepared, options);
    this.recycle(outputs);
    const timingsMs = {
      ...prepared.timingsMs,
      infer: runMs ?? inferred - start,
      postprocess: performance.now() - inferred,
    };
    return { detections, timingsMs, width: prepared.width, height: prepared.height };
  }

  /**
   * Returns the outputs that the head reads.
   *
   * @throws AgentError `engine_run_failed`, `session_disposed`
   */
  infer(prepared: Pick<PreparedImage, 'tensor'>, observer?: RunObserver): Promise<TensorMap> {
    return this.#session.run({ [this.manifest.input.name]: prepared.tensor }, this.head.outputs, observer);
  }

  /** Takes back what `infer` returned, all of it, as memory for runs to come. Nobody reads it any more. */
  recycle(outputs: TensorMap): void {
    this.#session.recycle?.(outputs);
  }

  /** Frees the session, after the runs in flight. Idempotent. */
  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}
