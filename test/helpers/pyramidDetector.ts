import sharp from 'sharp';
import type { Frame } from '../../calibrate/frames/frame.js';
import { type Manifest, parseManifest } from '../../runtime/detector/manifest.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { elementCount, float32Tensor } from '../../runtime/graph/tensor.js';
import { graphBuilder } from './graphs.js';
import { randomFloats } from './random.js';

/** Width and height of the image. */
const side = 32;
const labels = ['cat', 'dog'];
const rowLength = 5 + labels.length;

/**
 * A detector of 32 x 32 pixels, untrained but with activations of sane size, that has in small whatever quantization
 * has to deal with in large ones: LeakyReLU, SiLU and ReLU behind convolutions, a depthwise convolution, a residual
 * sum, a max pool, an upsampled level concatenated with a finer one, and a head whose weights two levels share. Its
 * weights are heavy-tailed, so that clipping matters. 20 locations: 4 x 4 at stride 8 and 2 x 2 at stride 16.
 */
export function pyramidDetector({ seed = 1 } = {}): { graph: Graph; manifest: Manifest } {
  const g = graphBuilder({ seed });
  let serial = 0;
  const filters = (...dims: readonly number[]) => {
    const gain = 2.2 / Math.sqrt(elementCount(dims.slice(1)));
    const data = randomFloats(elementCount(dims), seed * 1000 + ++serial).map((x) => gain * 2 * x ** 3);
    const bias = randomFloats(dims[0]!, seed * 1000 + ++serial).map((x) => 0.1 * x);
    return [g.constant(float32Tensor(dims, data)), g.constant(float32Tensor([dims[0]!], bias))];
  };
  const conv = (
    input: string,
    weights: readonly string[],
    {
      stride = 1,
      pad = 1,
      group = 1,
      name,
    }: { stride?: number; pad?: number; group?: number; name?: string } = {},
  ) => {
    const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad], group };
    return g.node('Conv', [input, ...weights], { attributes, ...(name && { name }) });
  };

  const image = g.input('image', [1, 3, side, side]);
  const stem = g.node('LeakyRelu', [conv(image, filters(8, 3, 3, 3), { stride: 2, name: 'stem' })], {
    attributes: { alpha: 0.1 },
    name: 'stem_act',
  });
  const depthwise = g.relu(conv(stem, filters(8, 1, 3, 3), { group: 8, name: 'depthwise' }));
  const pointwise = conv(depthwise, filters(8, 8, 1, 1), { pad: 0, name: 'pointwise' });
  const sum = g.node('Add', [stem, pointwise], { name: 'sum' });
  const pooled = g.node('MaxPool', [sum], {
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    name: 'pooled',
  });
  const fine = conv(pooled, filters(16, 8, 3, 3), { stride: 2, name: 'fine' });
  const fineAct = g.node('Mul', [fine, g.node('Sigmoid', [fine], { name: 'fine_gate' })], {
    name: 'fine_act',
  });
  const coarse = g.relu(conv(fineAct, filters(16, 16, 3, 3), { stride: 2, name: 'coarse' }));
  const scales = g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 2)));
  const upsampled = g.node('Resize', [coarse, '', scales], {
    attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    name: 'upsampled',
  });
  const joined = g.node('Concat', [upsampled, fineAct], { attributes: { axis: 1 }, name: 'joined' });
  const merged = g.relu(conv(joined, filters(16, 32, 1, 1), { pad: 0, name: 'merged' }));

  const tower = filters(16, 16, 3, 3);
  const predict = filters(rowLength, 16, 1, 1);
  const rows = [merged, coarse].map((level, i) => {
    const features = g.relu(conv(level, tower, { name: `tower${i}` }));
    const map = conv(features, predict, { pad: 0, name: `predict${i}` });
    const flat = g.node('Reshape', [map, g.ints(1, rowLength, -1)]);
    return g.node('Transpose', [flat], { attributes: { perm: [0, 2, 1] } });
  });
  const all = g.node('Concat', rows, { attributes: { axis: 1 } });
  const slice = (from: number, to: number) => g.node('Slice', [all, g.ints(from), g.ints(to), g.ints(2)]);
  const packed = g.node('Concat', [slice(0, 4), g.node('Sigmoid', [slice(4, rowLength)])], {
    attributes: { axis: 2 },
    name: 'packed',
  });
  return { graph: g.build([packed]), manifest: manifest() };
}

function manifest(): Manifest {
  const value = {
    manifestVersion: 1,
    name: 'pyramid',
    labels,
    model: { file: 'pyramid.onnx', sha256: '0'.repeat(64), sizeBytes: 1 },
    input: {
      name: 'image',
      shape: [1, 3, side, side],
      layout: 'NCHW',
      color: 'RGB',
      mean: [0, 0, 0],
      std: [128, 128, 128],
      resize: 'stretch',
      padValue: 0,
      interpolation: 'bilinear',
    },
    head: { type: 'yolox', strides: [8, 16], outputs: { packed: 'packed' } },
    postprocess: { scoreThreshold: 0.05, iouThreshold: 0.6, maxDetections: 100, classAware: true },
  };
  return parseManifest(JSON.stringify(value), 'pyramid');
}

/** Returns pictures of the detector's size, each with blots of its own. */
export function pyramidFrames(count: number, seed = 1): Promise<Frame[]> {
  return Promise.all(
    Array.from({ length: count }, (_, i) => pictureOf(blots(seed * 100 + i), `blots${i}.png`)),
  );
}

/** Returns pictures without anything on them. */
export async function blackFrames(count: number): Promise<Frame[]> {
  const black = new Uint8Array(3 * side * side);
  return Promise.all(Array.from({ length: count }, (_, i) => pictureOf(black, `black${i}.png`)));
}

async function pictureOf(pixels: Uint8Array, name: string): Promise<Frame> {
  const bytes = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  return { bytes, name };
}

/** Coarse blots of 8 x 8 pixels under fine noise. */
function blots(seed: number): Uint8Array {
  const coarse = randomFloats(3 * 16, seed);
  const noise = randomFloats(3 * side * side, seed + 50_000);
  return Uint8Array.from({ length: 3 * side * side }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3];
    const blot = coarse[(Math.floor(y / 8) * 4 + Math.floor(x / 8)) * 3 + c]!;
    return Math.min(255, Math.max(0, 128 + 100 * blot + 30 * noise[i]!));
  });
}
