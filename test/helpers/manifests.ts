import { type HeadManifest, type Manifest, parseManifest } from '../../runtime/detector/manifest.js';

export interface ManifestParts {
  readonly labels?: readonly string[];
  readonly input?: Partial<Manifest['input']>;
  readonly head?: HeadManifest;
  readonly postprocess?: Partial<Manifest['postprocess']>;
}

/** A valid manifest as plain JSON: YOLOX with one 8 x 8 cell and the classes cat and dog, unless `parts` says else. */
export function manifestJson({ labels = ['cat', 'dog'], input, head, postprocess }: ManifestParts = {}) {
  return {
    manifestVersion: 1,
    name: 'test',
    labels,
    model: { file: 'test.onnx', sha256: '0'.repeat(64), sizeBytes: 1 },
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
      ...input,
    },
    head: head ?? { type: 'yolox', strides: [8], outputs: { packed: 'packed' } },
    postprocess: {
      scoreThreshold: 0.1,
      iouThreshold: 0.5,
      maxDetections: 100,
      classAware: true,
      ...postprocess,
    },
  };
}

export function testManifest(parts: ManifestParts = {}): Manifest {
  return parseManifest(JSON.stringify(manifestJson(parts)), 'test manifest');
}
