import type { TensorMap } from '../engines/engine.js';
import type { ImageCodes } from '../engines/imageCodes.js';
import type { Tensor } from '../graph/tensor.js';
import { collectCandidates } from './candidates.js';
import type { Detection, StageTimings } from './detection.js';
import { type InputTransform, inputTransform, toOriginal } from './geometry.js';
import type { Head } from './heads/head.js';
import { type DecodeOptions, decodeImage, type RawImage } from './image.js';
import { labelNames } from './labels.js';
import type { Manifest } from './manifest.js';
import { nms } from './nms.js';
import { type InputMemory, inputTensor } from './preprocess.js';

/** An image made ready for one network. */
export interface PreparedImage {
  /** `[1, 3, H, W]` float32, or the codes that were asked for. */
  readonly tensor: Tensor;
  /** Size of the original image, after EXIF rotation, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly transform: InputTransform;
  readonly timingsMs: Pick<StageTimings, 'decode' | 'preprocess'>;
}

export type PrepareOptions = Pick<DecodeOptions, 'maxPixels'>;

export interface PrepareTarget {
  readonly codes?: ImageCodes | undefined;
  readonly memory?: InputMemory | undefined;
}

export interface PostprocessOptions {
  /** Lowest score of a detection, 0..1. Default: the manifest's. */
  readonly scoreThreshold?: number;
}

/** What is done around a network, whoever runs it: pictures become its input, its outputs detections. */
export class Processing {
  readonly manifest: Manifest;
  readonly head: Head;
  /** Class names in output order. */
  readonly labels: readonly string[];

  constructor(manifest: Manifest, head: Head) {
    this.manifest = manifest;
    this.head = head;
    this.labels = labelNames(manifest.labels);
  }

  /**
   * Returns the network's input for a JPEG, PNG, WebP or raw RGB image.
   *
   * @param options.codes gives the input as these codes. Default: as float32.
   * @param options.memory for the tensor, all of which is overwritten. Default: fresh memory, which takes longer.
   * @throws AgentError `image_too_large`, `image_undecodable`, `image_type_unsupported`
   */
  async prepare(
    image: Uint8Array | RawImage,
    { memory, codes, ...options }: PrepareOptions & PrepareTarget = {},
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
    const tensor = inputTensor(decoded, transform, { input, codes, memory });
    const timingsMs = { decode: decodedAt - start, preprocess: performance.now() - decodedAt };
    return { tensor, ...decoded.original, transform, timingsMs };
  }

  /**
   * Returns the detections that the network's outputs hold, best first, equal scores by location: candidates above
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
}
