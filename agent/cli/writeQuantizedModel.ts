import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { QuantizeResult } from '../../calibrate/detptq/quantizeModel.js';
import { servedOdol } from '../../calibrate/detptq/servedOdol.js';
import type { Frame } from '../../calibrate/frames/frame.js';
import { exportedControl } from '../../calibrate/report/controls.js';
import type { ReportPicture } from '../../calibrate/report/pictures.js';
import type { QuantizeReport } from '../../calibrate/report.js';
import { renderReportHtml } from '../../calibrate/reportHtml.js';
import { type Detector, loadDetector } from '../../runtime/detector/detector.js';
import { type Manifest, parseManifest } from '../../runtime/detector/manifest.js';
import type { ModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { recordSelfTest } from '../../runtime/serving/selfTest.js';
import { type EngineOrder, loadOnFirst, type OnRefused } from '../engines/engineOrder.js';
import { compareOnLabels, type LabelledImages } from './labelledComparison.js';
import { writeOutputFile } from './outputFiles.js';
import { compareSpeed, drawPictures } from './quantizedEvidence.js';

/** How many frames the self-test records: enough for evidence, few enough to keep beside the model. */
const selfTestFrames = 4;

export interface WriteOptions {
  /** An existing folder. */
  readonly folder: string;
  /** The first that takes the new model records the self-test and measures both models. */
  readonly engines: EngineOrder;
  readonly onRefused: OnRefused;
  /** Threads of one run. */
  readonly threads: number;
  /** Encoded images that the search never saw, at least one. */
  readonly frames: readonly Frame[];
  /** What was quantized. */
  readonly float: ModelFiles;
  /** Judges both models. */
  readonly labelled?: LabelledImages;
  readonly signal: AbortSignal;
}

export interface WrittenModel {
  /** Completed by what only the written files tell: their ODOL, time, size, accuracy on labels. */
  readonly report: QuantizeReport;
  readonly paths: readonly string[];
}

/**
 * Writes a quantized model as `{name}.onnx`, `{name}.selftest.json`, `report.json`, `report.html` and `{name}.json`.
 * The manifest is last: where it is, the rest is.
 *
 * @throws AgentError `disk_full`, `file_unreadable`, `aborted`, and what loading the new model throws
 */
export async function writeQuantizedModel(
  result: QuantizeResult,
  options: WriteOptions,
): Promise<WrittenModel> {
  const { folder, engines, onRefused, frames, float } = options;
  const modelBytes = encodeOnnx(result.graph);
  const manifestText = `${JSON.stringify(completed(result.manifest, modelBytes), null, 2)}\n`;
  const { name } = result.manifest;
  const manifest = parseManifest(manifestText, 'new manifest');
  // Of the very bytes that are written, as whoever reads them will load them.
  const quantized = { manifest, graph: decodeOnnx(modelBytes, manifest.model.file) };
  const { detector, engine } = await loadOnFirst(quantized, engines, { onRefused });
  const selfTest = await selfTestOf(detector, frames);
  const measuring = { ...options, engine, lambda: result.odolLambda };
  const { pictures, odolServed, ...measured } = await measure(quantized, measuring);
  const served = { odolSearched: exportedControl(result.report).odol, odolServed };
  const size = { floatBytes: float.modelBytes.byteLength, quantizedBytes: modelBytes.byteLength };
  const report = { ...result.report, ...measured, served, size };
  const files: readonly (readonly [name: string, data: string | Uint8Array])[] = [
    [`${name}.onnx`, modelBytes],
    [`${name}.selftest.json`, selfTest],
    ['report.json', `${JSON.stringify(report, null, 2)}\n`],
    ['report.html', renderReportHtml(report, pictures)],
    [`${name}.json`, manifestText],
  ];
  for (const [file, data] of files) await writeOutputFile(join(folder, file), data);
  return { report, paths: files.map(([file]) => join(folder, file)) };
}

function completed(manifest: QuantizeResult['manifest'], modelBytes: Uint8Array): Manifest {
  const { manifestVersion, name, labels, ...rest } = manifest;
  const sha256 = createHash('sha256').update(modelBytes).digest('hex');
  const model = { file: `${name}.onnx`, sha256, sizeBytes: modelBytes.byteLength };
  return { manifestVersion, name, labels, model, ...rest };
}

interface Loadable {
  readonly manifest: Manifest;
  readonly graph: Graph;
}

/** Disposes of the detector. */
async function selfTestOf(detector: Detector, frames: readonly Frame[]): Promise<string> {
  try {
    const images = frames.slice(0, selfTestFrames).map(({ bytes }) => bytes);
    return `${JSON.stringify(await recordSelfTest(detector, images))}\n`;
  } finally {
    await detector.dispose();
  }
}

interface MeasureOptions extends WriteOptions {
  readonly engine: Engine;
  /** Weight of the localization in the loss. */
  readonly lambda: number;
}

/** Runs both models as they would be served. */
async function measure(
  files: Loadable,
  { engine, lambda, threads, frames, float: floatFiles, labelled, signal }: MeasureOptions,
): Promise<
  Pick<QuantizeReport, 'latency' | 'labelled' | 'versions'> & {
    readonly pictures: readonly ReportPicture[];
    readonly odolServed: number;
  }
> {
  const float = await loadDetector(floatFiles, engine, { threads });
  try {
    const quantized = await loadDetector(files, engine, { threads });
    try {
      const pair = { float, quantized };
      const times = await compareSpeed(pair, frames[0]!, signal);
      return {
        odolServed: await servedOdol(pair, frames, { lambda, signal }),
        latency: { ...times, engine: engine.name, threads },
        pictures: await drawPictures(pair, frames, signal),
        labelled: labelled ? await compareOnLabels(pair, labelled, signal) : null,
        versions: await versionsOf(engine),
      };
    } finally {
      await quantized.dispose();
    }
  } finally {
    await float.dispose();
  }
}

async function versionsOf(engine: Engine): Promise<QuantizeReport['versions']> {
  const { version } = await engine.probe();
  return { 'Node.js': process.versions.node, ...(version !== undefined && { [engine.name]: version }) };
}
