import { readGroundTruth } from '../../calibrate/evaluate/groundTruthFile.js';
import { type DetectorEvaluation, evaluateDetector } from '../../calibrate/evaluate/runEvaluation.js';
import type { ThreadSetting } from '../engines/threadTimes.js';
import { servedPrecision } from '../models/servedPrecision.js';
import type { CommandContext } from './context.js';
import { openDetector } from './openDetector.js';
import { tableText } from './table.js';

export interface EvaluateRequest {
  readonly model: string;
  readonly images: string;
  readonly annotations: string;
  readonly engine: string;
  readonly threads: ThreadSetting;
  /** Only the first so many images of the annotation file. */
  readonly limit?: number;
}

/** Prints the COCO figures and the latency of a detector on labelled images. */
export async function evaluateModel(
  { output, signal }: CommandContext,
  request: EvaluateRequest,
): Promise<void> {
  const truth = await readGroundTruth(request.annotations);
  const { files, engine, threads, detector } = await openDetector(request.model, {
    ...request,
    note: output.note,
  });
  if (detector.loweringNote !== undefined) output.note(`${files.manifest.name} ${detector.loweringNote}`);
  try {
    const evaluation = await evaluateDetector(detector, {
      imagesFolder: request.images,
      truth,
      signal,
      onProgress: (progress) => output.progress({ step: 'evaluate', ...progress }),
      ...(request.limit !== undefined && { limit: request.limit }),
    });
    const { detections: _, imageIds: __, categoryIds: ___, ...figures } = evaluation;
    const document = {
      model: files.manifest.name,
      digest: files.digest,
      precision: servedPrecision(files.manifest, engine.int8),
      engine: engine.name,
      threads,
      ...(detector.loweringNote !== undefined && { lowering: detector.loweringNote }),
      ...figures,
    };
    output.result(document, () => evaluationText(document, evaluation));
  } finally {
    await detector.dispose();
  }
}

const figureNames = [
  'AP',
  'AP50',
  'AP75',
  'APs',
  'APm',
  'APl',
  'AR1',
  'AR10',
  'AR100',
  'ARs',
  'ARm',
  'ARl',
] as const;

function evaluationText(
  session: { model: string; precision: string; engine: string; threads: number },
  { n, ms, endToEndMs, ...figures }: DetectorEvaluation,
): string {
  const rows = figureNames.map((name) => [name, figures[name] < 0 ? '-' : (100 * figures[name]).toFixed(2)]);
  const table = tableText(
    [
      ['figure', 'left'],
      ['%', 'right'],
    ],
    rows,
  );
  const where = `${session.model} (${session.precision}) on ${session.engine}, ${session.threads} thread${session.threads === 1 ? '' : 's'}, ${n} images`;
  const latency =
    `inference p50 ${ms.p50.toFixed(2)} ms, p95 ${ms.p95.toFixed(2)} ms; ` +
    `decoding to boxes p50 ${endToEndMs.p50.toFixed(2)} ms, p95 ${endToEndMs.p95.toFixed(2)} ms`;
  return `${where}\n${table}\n${latency}`;
}
