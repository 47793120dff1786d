import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { QuantizeResult } from '../../calibrate/detptq/quantizeModel.js';
import { ServedOdol } from '../../calibrate/detptq/servedOdol.js';
import type { Frame } from '../../calibrate/frames/frame.js';
import { exportedControl } from '../../calibrate/report/controls.js';
import type { ReportPicture } from '../../calibrate/report/pictures.js';
import type { QuantizeReport } from '../../calibrate/report.js';
import { renderReportHtml } from '../../calibrate/reportHtml.js';
import { type Detector, loadDetector } from '../../runtime/detector/detector.js';
import { type Manifest, parseManifest } from '../../runtime/detector/manifest.js';
import type { ModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine, LoweringOptions } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { recordSelfTest } from '../../runtime/serving/selfTest.js';
import { type EngineOrder, loadOnFirst, type OnRefused } from '../engines/engineOrder.js';
import { compareOnLabels, type LabelledImages } from './labelledComparison.js';
import { writeOutputFile } from './outputFiles.js';
import { compareSpeed, type DetectorPair, drawPictures } from './quantizedEvidence.js';

/** How many frames the self-test records: enough for evidence, few enough to keep beside the model. */
const selfTestFrames = 4;

export interface WriteOptions {
  /** An existing folder. */
  readonly folder: string;
  /** The first that takes the new model records the self-test and measures both models. */
  readonly engines: EngineOrder;
  readonly onRefused: OnRefused;
  /** How models are lowered for service on this device. */
  readonly lowering: LoweringOptions;
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
  const { folder, float } = options;
  const modelBytes = encodeOnnx(result.graph);
  const manifestText = `${JSON.stringify(completed(result.manifest, modelBytes), null, 2)}\n`;
  const { name } = result.manifest;
  const manifest = parseManifest(manifestText, 'new manifest');
  // Of the very bytes that are written, as whoever reads them will load them.
  const quantized = { manifest, graph: decodeOnnx(modelBytes, manifest.model.file) };
  const { selfTest, pictures, odolWritten, odolServed, ...measured } = await measure(quantized, {
    ...options,
    lambda: result.odolLambda,
    plain: result.addsWork ? result.controlGraph('p2') : undefined,
  });
  const served = { odolSearched: exportedControl(result.report).odol, odolWritten, odolServed };
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

interface MeasureOptions extends WriteOptions {
  /** Weight of the localization in the loss. */
  readonly lambda: number;
  /** What the rewrites' cost is measured beside; `undefined` where they have none. */
  readonly plain: Graph | undefined;
}

interface Measured
  extends Pick<QuantizeReport, 'latency' | 'labelled' | 'versions'>,
    Pick<NonNullable<QuantizeReport['served']>, 'odolWritten' | 'odolServed'> {
  readonly selfTest: string;
  readonly pictures: readonly ReportPicture[];
}

/** Runs the new model as it stands and, beside the float one, in the form that would be served. */
async function measure(files: Loadable, options: MeasureOptions): Promise<Measured> {
  const { engines, onRefused, threads, lowering } = options;
  const { detector, engine } = await loadOnFirst(files, engines, { onRefused });
  return disposing(detector, async () => {
    // Whoever serves it in another form is held to this one.
    const images = options.frames.slice(0, selfTestFrames).map(({ bytes }) => bytes);
    const selfTest = `${JSON.stringify(await recordSelfTest(detector, images))}\n`;
    const float = await loadDetector(options.float, engine, { threads, lowering });
    return disposing(float, async () => {
      const odol = await ServedOdol.against(float, options);
      const odolWritten = await odol.of(detector);
      await detector.dispose();
      const quantized = await loadDetector(files, engine, { threads, lowering });
      return disposing(quantized, async () => {
        const odolServed = await odol.of(quantized);
        const served = await measureServed({ float, quantized, manifest: files.manifest }, engine, options);
        return { selfTest, odolWritten, odolServed, ...served };
      });
    });
  });
}

/** @param pair loaded as serving loads them, and the quantized one's manifest */
async function measureServed(
  { manifest, ...pair }: DetectorPair & Pick<Loadable, 'manifest'>,
  engine: Engine,
  { threads, frames, labelled, signal, plain, lowering }: MeasureOptions,
): Promise<Omit<Measured, 'selfTest' | 'odolWritten' | 'odolServed'>> {
  const { loweringNote } = pair.quantized;
  const timesBeside = async (...others: Detector[]) =>
    compareSpeed([pair.float, pair.quantized, ...others], frames[0]!, signal);
  // Not kept: it never serves.
  const { cacheFolder, ...forms } = lowering;
  const files = plain && { manifest, graph: plain };
  const alike = files && (await loadedIfRuns(files, engine, { threads, lowering: forms, frame: frames[0]! }));
  const times = alike ? await disposing(alike, () => timesBeside(alike)) : await timesBeside();
  const [floatMs, quantizedMs, plainMs] = times as [number, number, number?];
  return {
    latency: {
      ...{ floatMs, quantizedMs, ...(plainMs !== undefined && { plainMs }) },
      ...{ engine: engine.name, threads, ...(loweringNote !== undefined && { lowering: loweringNote }) },
    },
    pictures: await drawPictures(pair, frames, signal),
    labelled: labelled ? await compareOnLabels(pair, labelled, signal) : null,
    versions: await versionsOf(engine),
  };
}

/** A network that the engine does not run is evidence that is missing, no reason to lose what was found. */
async function loadedIfRuns(
  files: Loadable,
  engine: Engine,
  {
    frame,
    ...options
  }: { readonly threads: number; readonly lowering: LoweringOptions; readonly frame: Frame },
): Promise<Detector | undefined> {
  let detector: Detector | undefined;
  try {
    detector = await loadDetector(files, engine, options);
    await detector.detect(frame.bytes);
    return detector;
  } catch {
    await detector?.dispose();
    return undefined;
  }
}

/** Disposes of the detector when `work` has ended, however it ends. */
async function disposing<T>(detector: Detector, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await detector.dispose();
  }
}

async function versionsOf(engine: Engine): Promise<QuantizeReport['versions']> {
  const { version } = await engine.probe();
  return { 'Node.js': process.versions.node, ...(version !== undefined && { [engine.name]: version }) };
}
