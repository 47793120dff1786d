import type { Box } from '../../runtime/detector/detection.js';
import { Detector } from '../../runtime/detector/detector.js';
import type { Head } from '../../runtime/detector/heads/head.js';
import type { RawImage } from '../../runtime/detector/image.js';
import { type Manifest, parseManifest } from '../../runtime/detector/manifest.js';
import type { Session } from '../../runtime/engines/engine.js';
import { AgentError } from '../../runtime/errors.js';
import { float32Tensor } from '../../runtime/graph/tensor.js';
import type { ServedModel } from '../../runtime/serving/servedModel.js';

/** A class, a score and a box in the 8 x 8 input, to which images are stretched. */
export interface FakeDetection {
  readonly classId: number;
  readonly score: number;
  readonly box: Box;
}

export interface FakeModelOptions {
  /** What is found in every image; by default one detection of class 0, score 0.75. */
  readonly detections?: readonly FakeDetection[];
  readonly labels?: readonly string[];
  /** What the network gives out, whatever it is shown; the head does not look at it. */
  readonly output?: readonly number[];
  /** Awaited in every run of the network: a gate for it to wait at, or a failure. */
  readonly onRun?: () => Promise<void> | void;
  readonly onDispose?: () => Promise<void> | void;
}

/** 4 pixels wide, 8 high, black. */
export const blackImage: RawImage = { width: 4, height: 8, data: new Uint8Array(4 * 8 * 3) };

/**
 * A real Detector over a session that computes nothing. Its one label is the model's name unless others are given.
 * Like a real session it refuses to work once it is disposed of, before or during a run, so that a slot which
 * disposes of a model too early is caught.
 */
export class FakeModel implements ServedModel {
  readonly identity: ServedModel['identity'];
  readonly detector: Detector;
  runs = 0;
  disposals = 0;

  constructor(name: string, options: FakeModelOptions = {}) {
    const { detections = [{ classId: 0, score: 0.75, box: [2, 2, 6, 6] }], labels = [name] } = options;
    this.identity = { name, version: '1', digest: `digest-${name}`, precision: 'float32', engine: 'fake' };
    const manifest = fakeManifest(name, labels);
    this.detector = new Detector(manifest, fakeHead(detections, labels.length), this.#session(options));
  }

  #session({ output = [0, 1, 2, 3], onRun, onDispose }: FakeModelOptions): Session {
    const refuseDisposed = () => {
      const { name } = this.identity;
      if (this.disposals > 0) throw new AgentError('session_disposed', `${name} is disposed of`);
    };
    return {
      inputs: [{ name: 'image', dtype: 'float32' }],
      outputs: [{ name: 'output', dtype: 'float32' }],
      run: async () => {
        refuseDisposed();
        this.runs += 1;
        await onRun?.();
        refuseDisposed();
        return { output: float32Tensor([output.length], Float32Array.from(output)) };
      },
      dispose: async () => {
        this.disposals += 1;
        await onDispose?.();
      },
    };
  }
}

/** One location per detection. */
function fakeHead(detections: readonly FakeDetection[], numClasses: number): Head {
  return {
    outputs: ['output'],
    numLocations: detections.length,
    numClasses,
    read: () => ({
      screen: (threshold) => (location) => detections[location]!.score >= threshold,
      scores(location, target, offset) {
        const { classId, score } = detections[location]!;
        target.fill(0, offset, offset + numClasses);
        target[offset + classId] = score;
      },
      box: (location, target, offset) => target.set(detections[location]!.box, offset),
    }),
  };
}

function fakeManifest(name: string, labels: readonly string[]): Manifest {
  const manifest = {
    manifestVersion: 1,
    name,
    labels,
    model: { file: 'none.onnx', sha256: '0'.repeat(64), sizeBytes: 1 },
    input: {
      name: 'image',
      shape: [1, 3, 8, 8],
      layout: 'NCHW',
      color: 'RGB',
      mean: [0, 0, 0],
      std: [1, 1, 1],
      resize: 'stretch',
      padValue: 0,
      interpolation: 'bilinear',
    },
    head: { type: 'yolox', strides: [8], outputs: { packed: 'output' } },
    postprocess: { scoreThreshold: 0.05, iouThreshold: 0.6, maxDetections: 100, classAware: true },
  };
  return parseManifest(JSON.stringify(manifest), name);
}
