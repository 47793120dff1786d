import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trialDetector } from '../../agent/engines/trialDetector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { tempFolder } from './tempFolder.js';
import { tinyDetector } from './tinyDetector.js';

/** Writes the tiny detector on rough grids of 8 bits to a new folder, and returns the path of its manifest. */
export async function quantizedTiny(): Promise<string> {
  const files = await readModelFiles((await tinyDetector()).manifest);
  const { quantized } = await trialDetector(files, onnxruntimeEngine);
  const bytes = encodeOnnx(quantized!);
  const folder = tempFolder();
  const { name } = files.manifest;
  const model = {
    file: `${name}.onnx`,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.byteLength,
  };
  const quantization = {
    ...{ parent: files.digest, recipe: 'none', weightBits: 8, activationBits: 8, activations: 'executed' },
    ...{ layers: [], scalesDigest: '', calibration: { digest: '', frames: 1 }, odol: 0, agreement: null },
    ...{ engine: 'onnxruntime', seed: 1, toolVersion: 'test' },
  };
  await writeFile(join(folder, model.file), bytes);
  const manifest = join(folder, `${name}.json`);
  await writeFile(manifest, JSON.stringify({ ...files.manifest, model, quantization }));
  return manifest;
}
