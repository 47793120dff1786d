import type { Engine, LoadOptions, RunObserver, Session, TensorMap } from '../engines/engine.js';
import type { Graph } from '../graph/graph.js';
import type { Tensor } from '../graph/tensor.js';
import { collectCandidates } from './candidates.js';
import type { Detection, StageTimings } from './detection.js';
import { type InputTransform, inputTransform, toOriginal } from './geometry.js';
import { createHead } from './heads/createHead.js';
import type { Head } from './heads/head.js';
import { type DecodeOptions, decodeImage, type RawImage } from './image.js';
import { labelNames } from './labels.js';
import type { Manifest } from './manifest.js';
import { nms } from './nms.js';
import { inputTensor } from './preprocess.js';

/** An image made ready for one network. */
export interface PreparedImage {
  /** `[1, 3, H, W]` float32 */
  readonly tensor: Tensor;
  /** Size of the original image, after EXIF rotation, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly transform: InputTransform;
  readonly timingsMs: Pick<StageTimings, 'decode' | 'preprocess'>;
}

export type PrepareOptions = Pick<DecodeOptions, 'maxPixels'>;

export interface PostprocessOptions {
  /** Lowest score of a detection, 0..1. Default: the manifest's. */
  readonly scoreThreshold?: number;
}

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
export class Detector {
  readonly manifest: Manifest;
  readonly head: Head;
  /** Class names in output order. */
  readonly labels: readonly string[];
  readonly #session: Session;
  /** Memory of inputs that were run, for the next ones: no run needs its input any more once it has ended. */
  readonly #spare: Float32Array[] = [];

  constructor(manifest: Manifest, head: Head, session: Session) {
    this.manifest = manifest;
    this.head = head;
    this.labels = labelNames(manifest.labels);
    this.#session = session;
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
    const prepared = await this.#prepare(image, options, this.#spare.pop());
    const start = performance.now();
    let runMs: number | undefined;
    const onRan = (ms: number) => {
      runMs = ms;
    };
    const outputs = await this.infer(prepared, { onRan });
    if (this.#spare.length < spareInputs) this.#spare.push(prepared.tensor.data as Float32Array);
    const inferred = performance.now();
    const detections = this.postprocess(outputs, prepared, options);
    const timingsMs = {
      ...prepared.timingsMs,
      infer: runMs ?? inferred - start,
      postprocess: performance.now() - inferred,
    };
    return { detections, timingsMs, width: prepared.width, height: prepared.height };
  }

  /**
   * Returns the network's input for a JPEG, PNG, WebP or raw RGB image.
   *
   * @throws AgentError `image_too_large`, `image_undecodable`, `image_type_unsupported`
   */
  prepare(image: Uint8Array | RawImage, options: PrepareOptions = {}): Promise<PreparedImage> {
    return this.#prepare(image, options);
  }

  async #prepare(
    image: Uint8Array | RawImage,
    options: PrepareOptions,
    memory?: Float32Array,
  ): Promise<PreparedImage> {
    const { input } = this.manifest;
    const start = performance.now();
    const decoded = await decodeImage(image, {
      ...options,
      target: (original) => inputTransform(input, original),
      interpolation: input.interpolation,
    });
    const decodedAt = performance.now();
    const transform = inputTransform(input, decoded.original);
    const tensor = inputTensor(decoded, transform, input, memory);
    const timingsMs = { decode: decodedAt - start, preprocess: performance.now() - decodedAt };
    return { tensor, ...decoded.original, transform, timingsMs };
  }

  /**
   * Returns the outputs that the head reads.
   *
   * @throws AgentError `engine_run_failed`, `session_disposed`
   */
  infer(prepared: Pick<PreparedImage, 'tensor'>, observer?: RunObserver): Promise<TensorMap> {
    return this.#session.run({ [this.manifest.input.name]: prepared.tensor }, this.head.outputs, observer);
  }

  /**
   * Returns the detections that outputs of `infer` hold, best first, equal scores by location: candidates above
   * the threshold (the best 1000 at most), their boxes in the original image and clipped to it, then NMS.
   *
   * @throws AgentError `shape_mismatch`
   */
  postprocess(
    outputs: TensorMap,
    prepared: Pick<PreparedImage, 'transform'>,
    options: PostprocessOptions = {},
  ): Detection[] {
    const { postprocess } = this.manifest;
    const scoreThreshold = options.scoreThreshold ?? postprocess.scoreThreshold;
    const candidates = collectCandidates(this.head, outputs, { scoreThreshold });
    const boxes = toOriginal(prepared.transform, candidates.boxes);
    return nms({ ...candidates, boxes }, postprocess).map((index) => {
      const classId = candidates.classIds[index]!;
      const [x1, y1, x2, y2] = boxes.subarray(4 * index, 4 * index + 4);
      return {
        label: this.labels[classId]!,
        classId,
        score: candidates.scores[index]!,
        box: [x1!, y1!, x2!, y2!],
      };
    });
  }

  /** Frees the session, after the runs in flight. Idempotent. */
  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}
