import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { graphBuilder } from './graphs.js';
import { tempFolder } from './tempFolder.js';

export interface TinyDetectorOptions {
  readonly name?: string;
  readonly labels?: readonly string[];
  readonly seed?: number;
}

/**
 * Writes a real, untrained detector of 32 x 32 pixels and two convolutions to a new folder, and returns the paths.
 * It finds something in every picture: what, follows from `seed`.
 */
export async function tinyDetector({
  name = 'tiny',
  labels = ['cat', 'dog'],
  seed = 1,
}: TinyDetectorOptions = {}): Promise<{ folder: string; manifest: string; weights: string }> {
  const g = graphBuilder({ seed });
  const image = g.input('image', [1, 3, 32, 32]);
  const features = g.relu(g.conv(image, { weights: [8, 3, 4, 4], stride: 4 }));
  const maps = g.conv(features, { weights: [5 + labels.length, 8, 2, 2], stride: 2 });
  const rows = g.node('Reshape', [maps, g.ints(1, 5 + labels.length, 16)]);
  const packed = g.node('Sigmoid', [g.node('Transpose', [rows], { attributes: { perm: [0, 2, 1] } })], {
    name: 'packed',
  });
  const bytes = encodeOnnx(g.build([packed]));
  const folder = tempFolder();
  const [manifest, weights] = [join(folder, `${name}.json`), join(folder, `${name}.onnx`)];
  await writeFile(weights, bytes);
  await writeFile(manifest, JSON.stringify(manifestOf(bytes, { name, labels })));
  return { folder, manifest, weights };
}

function manifestOf(bytes: Uint8Array, { name, labels }: { name: string; labels: readonly string[] }) {
  return {
    manifestVersion: 1,
    name,
    labels,
    model: {
      file: `${name}.onnx`,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: bytes.byteLength,
    },
    input: {
      name: 'image',
      shape: [1, 3, 32, 32],
      layout: 'NCHW',
      color: 'RGB',
      mean: [127, 127, 127],
      std: [64, 64, 64],
      resize: 'stretch',
      padValue: 0,
      interpolation: 'bilinear',
    },
    head: { type: 'yolox', strides: [8], outputs: { packed: 'packed' } },
    postprocess: { scoreThreshold: 0.05, iouThreshold: 0.6, maxDetections: 100, classAware: true },
  };
}
