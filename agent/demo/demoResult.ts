import { AgentError } from '../../runtime/errors.js';
import type { DemoStep } from './demoSteps.js';
import type { CalibrationMetrics, HeardJob, HeardModel, HeardSide } from './heard.js';

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

/** One side of the swap. */
export interface DemoSide {
  readonly model: HeardModel;
  /** Of the weights on disk. */
  readonly sizeBytes: number;
  /** COCO, 0..1; `null` where the detector knows nothing of what the camera shows. */
  readonly mAP: number | null;
  readonly AP50: number | null;
  /** Inference alone, of both in turns on the same pictures. */
  readonly latencyMs: Quantiles;
  /** From request to answer, as the clients saw it. */
  readonly answerMs: Quantiles & { readonly n: number };
}

export interface DemoResult {
  readonly steps: readonly DemoStep[];
  readonly before: DemoSide;
  readonly after: DemoSide & {
    /** mAP that takes the float detector's finds for the truth. */
    readonly agreementMap: number;
    readonly search: CalibrationMetrics['search'];
  };
  readonly swap: {
    /** Time in which no request could get a detector. */
    readonly gapMs: number;
    /** Of the clients, from before the calibration until after it. */
    readonly requests: number;
    readonly failed: number;
    readonly mixed: number;
  };
  /** Folder of the annotated pictures. */
  readonly pictures: string;
}

/** Returns one side of the swap from what the job told and what was measured besides. */
export function demoSide(
  { latencyMs, mAP, AP50 }: HeardSide,
  measured: Pick<DemoSide, 'model' | 'sizeBytes' | 'answerMs'>,
): DemoSide {
  return { ...measured, mAP: mAP ?? null, AP50: AP50 ?? null, latencyMs };
}

/** Returns why a job did not succeed. */
export function jobFailure({ status, reason }: HeardJob): AgentError {
  if (reason === null) return new AgentError('internal', `the calibration ended ${status}, without a reason`);
  return new AgentError(reason.code, reason.message, { detail: reason.detail });
}
