import { type Agreement, agreement, ignoredScore } from '../../calibrate/evaluate/agreement.js';
import { readFrame } from '../../calibrate/frames/folderSource.js';
import { listImageFiles } from '../../calibrate/frames/imageFiles.js';
import type { Detection } from '../../runtime/detector/detection.js';
import { AgentError } from '../../runtime/errors.js';
import type { ThreadSetting } from '../engines/threadTimes.js';
import { servedPrecision } from '../models/servedPrecision.js';
import type { CommandContext } from './context.js';
import { type OpenDetector, openDetector } from './openDetector.js';
import { tableText } from './table.js';

export interface AgreementRequest {
  readonly model: string;
  readonly reference: string;
  readonly images: string;
  readonly scoreThreshold: number;
  readonly engine: string;
  readonly threads: ThreadSetting;
  /** Only the first so many images by name. */
  readonly limit?: number;
}

/** Prints how far a detector agrees with its float model on a folder of images. */
export async function measureAgreement(context: CommandContext, request: AgreementRequest): Promise<void> {
  const { scoreThreshold } = request;
  const candidate = await openDetector(request.model, { ...request, note: context.output.note });
  const reference = await openDetector(request.reference, {
    ...request,
    float: true,
    note: context.output.note,
  }).catch(async (error: unknown) => {
    await candidate.detector.dispose();
    throw error;
  });
  try {
    assertFloat(reference, request.reference);
    assertSameClasses(candidate, reference);
    const detected = await detectBoth(context, { candidate, reference, request });
    const numClasses = reference.detector.labels.length;
    const result = agreement(detected.reference, detected.candidate, { numClasses, scoreThreshold });
    const document = {
      ...result,
      model: candidate.files.manifest.name,
      digest: candidate.files.digest,
      precision: servedPrecision(candidate.files.manifest, candidate.engine.int8),
      reference: reference.files.manifest.name,
      referenceDigest: reference.files.digest,
      engine: candidate.engine.name,
      scoreThreshold,
    };
    context.output.result(document, () => agreementText(result));
  } finally {
    await Promise.all([candidate.detector.dispose(), reference.detector.dispose()]);
  }
}

async function detectBoth(
  { output, signal }: CommandContext,
  {
    candidate,
    reference,
    request,
  }: { candidate: OpenDetector; reference: OpenDetector; request: AgreementRequest },
): Promise<{ reference: (readonly Detection[])[]; candidate: (readonly Detection[])[] }> {
  const names = (await listImageFiles(request.images)).names.slice(0, request.limit);
  const detected = { reference: [] as Detection[][], candidate: [] as Detection[][] };
  const options = { scoreThreshold: Math.min(ignoredScore, request.scoreThreshold) };
  for (const [index, name] of names.entries()) {
    signal.throwIfAborted();
    const { bytes } = await readFrame(request.images, name);
    detected.reference.push((await reference.detector.detect(bytes, options)).detections);
    detected.candidate.push((await candidate.detector.detect(bytes, options)).detections);
    output.progress({ step: 'agreement', done: index + 1, total: names.length });
  }
  return detected;
}

function assertFloat({ files }: OpenDetector, reference: string): void {
  if (!files.manifest.quantization) return;
  throw new AgentError(
    'usage',
    `expected --reference to be a float model, got ${reference}, which is quantized`,
    {
      detail: { expected: 'a float model', got: reference, where: '--reference' },
    },
  );
}

function assertSameClasses(candidate: OpenDetector, reference: OpenDetector): void {
  const [got, expected] = [candidate.detector.labels, reference.detector.labels];
  if (got.length === expected.length && got.every((label, index) => label === expected[index])) return;
  throw new AgentError(
    'usage',
    `expected two models with the same classes, got ${expected.length} in the reference and ${got.length} in the model`,
    { detail: { expected: expected.slice(0, 5), got: got.slice(0, 5), where: '--reference' } },
  );
}

function agreementText({
  agreementMap,
  f1,
  lost,
  ghosts,
  meanIou,
  scoreShift,
  detections,
  n,
}: Agreement): string {
  const decimal = (value: number | null, digits: number): string => value?.toFixed(digits) ?? '-';
  return tableText(
    [
      ['figure', 'left'],
      ['value', 'right'],
    ],
    [
      ['agreement mAP', decimal(agreementMap, 4)],
      ['F1', decimal(f1, 4)],
      ['lost', String(lost)],
      ['ghosts', String(ghosts)],
      ['mean IoU', decimal(meanIou, 4)],
      ['score shift', decimal(scoreShift, 4)],
      ['detections of the reference', String(detections)],
      ['images', String(n)],
    ],
  );
}
