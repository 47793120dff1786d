import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cost, runMeasured, script } from './measured.js';
import type { QuantizeRequest } from './tool.js';

export interface JobOptions {
  /** The file to write. */
  readonly out: string;
  /** Names of the nodes that are not quantized. */
  readonly floatNodes: readonly string[];
  /** Names of the convolutions whose weights get 4 bits; the others get 8. */
  readonly fourBitNodes?: readonly string[];
  /** Of onnxruntime. */
  readonly calibration?: 'MinMax' | 'Percentile';
}

/**
 * Runs a quantizer script of this folder on a job (`job.py`) and returns what it cost.
 *
 * @throws AgentError `child_failed`
 */
export async function runJob(
  scriptName: string,
  { subject, draw, folder, setting: { python } }: QuantizeRequest,
  { out, floatNodes, fourBitNodes = [], calibration = 'MinMax' }: JobOptions,
): Promise<Cost> {
  const { model, input } = subject.files.manifest;
  const job = {
    model: join(subject.files.folder, model.file),
    out,
    input_name: input.name,
    input_shape: input.shape,
    frames_file: draw.inputsFile,
    float_nodes: floatNodes,
    four_bit_nodes: fourBitNodes,
    calibration,
  };
  const jobFile = join(folder, 'job.json');
  await writeFile(jobFile, JSON.stringify(job));
  return runMeasured([python, script(scriptName), jobFile], { python, folder });
}
