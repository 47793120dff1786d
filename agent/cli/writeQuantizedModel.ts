import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { QuantizeResult } from '../../calibrate/detptq/quantizeModel.js';
import { renderReportHtml } from '../../calibrate/reportHtml.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import { type Manifest, parseManifest } from '../../runtime/detector/manifest.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { decodeOnnx, encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { recordSelfTest } from '../../runtime/serving/selfTest.js';
import { writeOutputFile } from './outputFiles.js';

/** How many frames the self-test records: enough for evidence, few enough to keep beside the model. */
const selfTestFrames = 4;

export interface WriteOptions {
  /** An existing folder. */
  readonly folder: string;
  /** Records the self-test. */
  readonly engine: Engine;
  /** Encoded images that the search never saw. */
  readonly frames: readonly Uint8Array[];
}

/**
 * Writes a quantized model as `{name}.onnx`, `{name}.selftest.json`, `report.json`, `report.html` and `{name}.json`,
 * and returns the paths. The manifest is last: where it is, the rest is.
 *
 * @throws AgentError `disk_full`, `file_unreadable`, and what loading the new model throws
 */
export async function writeQuantizedModel(
  { graph, manifest, report }: QuantizeResult,
  { folder, engine, frames }: WriteOptions,
): Promise<string[]> {
  const modelBytes = encodeOnnx(graph);
  const manifestText = `${JSON.stringify(completed(manifest, modelBytes), null, 2)}\n`;
  const { name } = manifest;
  const selfTest = await selfTestOf({ manifestText, modelBytes, engine, frames });
  const files: readonly (readonly [name: string, data: string | Uint8Array])[] = [
    [`${name}.onnx`, modelBytes],
    [`${name}.selftest.json`, selfTest],
    ['report.json', `${JSON.stringify(report, null, 2)}\n`],
    ['report.html', renderReportHtml(report)],
    [`${name}.json`, manifestText],
  ];
  for (const [file, data] of files) await writeOutputFile(join(folder, file), data);
  return files.map(([file]) => join(folder, file));
}

function completed(manifest: QuantizeResult['manifest'], modelBytes: Uint8Array): Manifest {
  const { manifestVersion, name, labels, ...rest } = manifest;
  const sha256 = createHash('sha256').update(modelBytes).digest('hex');
  const model = { file: `${name}.onnx`, sha256, sizeBytes: modelBytes.byteLength };
  return { manifestVersion, name, labels, model, ...rest };
}

/** Made from the very bytes that are written, as whoever reads them will load them. */
async function selfTestOf(written: {
  readonly manifestText: string;
  readonly modelBytes: Uint8Array;
  readonly engine: Engine;
  readonly frames: readonly Uint8Array[];
}): Promise<string> {
  const manifest = parseManifest(written.manifestText, 'new manifest');
  const graph = decodeOnnx(written.modelBytes, manifest.model.file);
  const detector = await loadDetector({ manifest, graph }, written.engine);
  try {
    return `${JSON.stringify(await recordSelfTest(detector, written.frames.slice(0, selfTestFrames)))}\n`;
  } finally {
    await detector.dispose();
  }
}
