import type { InputManifest } from '../../runtime/detector/manifest.js';
import { valuesOfBytes } from '../../runtime/detector/preprocess.js';
import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';

/**
 * Returns the bytes that a network's input was made of, a quarter of its size, or `undefined` where it holds other values
 * than (byte - mean) / std by channel, as where a padding value is no byte.
 *
 * @param tensor `[1, 3, H, W]` float32, of `inputTensor`
 */
export function pixelBytes({ dims, data }: Tensor, input: InputManifest): Tensor | undefined {
  const values = data as Float32Array;
  const bytes = new Uint8Array(values.length);
  const area = values.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const [mean, std] = [input.mean[channel]!, input.std[channel]!];
    const ofByte = valuesOfBytes({ input }, channel);
    for (let i = channel * area; i < (channel + 1) * area; i++) {
      const byte = Math.round(values[i]! * std + mean);
      if (ofByte[byte] !== values[i]) return undefined;
      bytes[i] = byte;
    }
  }
  return { dtype: 'uint8', dims, data: bytes };
}

/** Returns the input that `pixelBytes` was given, to the last bit. */
export function tensorOfPixels({ data: bytes }: Tensor, input: InputManifest): Tensor {
  const data = new Float32Array(bytes.length);
  const area = bytes.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const ofByte = valuesOfBytes({ input }, channel);
    for (let i = channel * area; i < (channel + 1) * area; i++) data[i] = ofByte[Number(bytes[i])]!;
  }
  return float32Tensor(input.shape, data);
}
