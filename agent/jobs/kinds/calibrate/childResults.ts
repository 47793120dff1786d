import { z } from 'zod';
import { AgentError } from '../../../../runtime/errors.js';

const ratio = z.number().min(0).max(1);

const agreementResult = z.object({
  agreementMap: ratio,
  f1: ratio,
  lost: z.int().min(0),
  ghosts: z.int().min(0),
  meanIou: ratio.nullable(),
  scoreShift: z.number().nullable(),
  detections: z.int().min(0),
  n: z.int().min(1),
});

const quantizeResult = z.object({
  chosen: z.string(),
  frames: z.object({ search: z.int(), heldOut: z.int() }),
  total: z.object({ passes: z.number(), seconds: z.number(), peakRssBytes: z.number() }),
});

const evaluation = z.object({ AP: z.number().max(1), AP50: z.number().max(1) });

/** COCO figures on labelled frames, 0..1. */
export interface Accuracy {
  readonly mAP: number;
  readonly AP50: number;
}

/** What `detptq agreement --json` answers: how far a detector agrees with its float model, without labels. */
export type AgreementResult = z.infer<typeof agreementResult>;
/** What of the report of `detptq quantize --json` a job tells. */
export type QuantizeResult = z.infer<typeof quantizeResult>;

/** @throws AgentError `child_failed` */
export function parseAgreement(document: unknown): AgreementResult {
  return parseResult(agreementResult, document, 'agreement');
}

/** @throws AgentError `child_failed` */
export function parseQuantizeResult(document: unknown): QuantizeResult {
  return parseResult(quantizeResult, document, 'quantize');
}

/** Returns what `detptq evaluate --json` measured; `null` where the labels show nothing to find. @throws AgentError `child_failed` */
export function parseEvaluation(document: unknown): Accuracy | null {
  const { AP, AP50 } = parseResult(evaluation, document, 'evaluate');
  return AP < 0 ? null : { mAP: AP, AP50 };
}

function parseResult<T>(schema: z.ZodType<T>, document: unknown, command: string): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const where = `the result of detptq ${command}`;
  throw new AgentError('child_failed', `${where}: key ${issue.path.join('.')}: ${issue.message}`, {
    detail: { where },
  });
}
