import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { decodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { runJob } from './pythonJob.js';
import type { Tool } from './tool.js';

export interface OnnxruntimeToolOptions {
  readonly calibration: 'MinMax' | 'Percentile';
  /**
   * What becomes of the nodes behind the prediction convolutions. To leave them float takes the predictions too: the
   * tool quantizes whatever leaves a convolution that it quantizes.
   */
  readonly tail: 'quantized' | 'float';
  /** Default `[8]`. */
  readonly weightBits?: readonly number[];
}

/** Returns onnxruntime's `quantize_static` of a calibration method; the project's engine runs its QDQ files. */
export function onnxruntimeTool({ calibration, tail, weightBits = [8] }: OnnxruntimeToolOptions): Tool {
  return {
    id: `onnxruntime-${calibration.toLowerCase()}${tail === 'float' ? '-float-tail' : ''}`,
    label: `onnxruntime ${calibration}${tail === 'float' ? ', tail float' : ''}`,
    weightBits,
    async quantize(request) {
      const { subject, setting } = request;
      const out = join(request.folder, 'model.onnx');
      const cost = await runJob('quantize_onnxruntime.py', request, {
        out,
        calibration,
        floatNodes: tail === 'float' ? [...subject.predictions, ...subject.tail] : [],
        fourBitNodes: request.weightBits === 4 ? subject.fourBit : [],
      });
      const bytes = await readFile(out);
      const files = { manifest: subject.files.manifest, graph: decodeOnnx(bytes, out) };
      return {
        ...cost,
        sizeBytes: bytes.byteLength,
        open: () => loadDetector(files, setting.engine, { threads: setting.threads }),
      };
    },
  };
}
