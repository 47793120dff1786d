import { AgentError } from '../../../../runtime/errors.js';
import type { AgreementResult } from './childResults.js';
import type { LatencyComparison } from './compareLatency.js';

/** @throws AgentError `gate_agreement` when the candidate agrees less with the float model than `required` */
export function assertAgreement({ agreementMap, n }: AgreementResult, required: number): void {
  if (agreementMap >= required) return;
  throw new AgentError(
    'gate_agreement',
    `expected an agreement mAP of at least ${required} with the float model, got ${agreementMap.toFixed(4)} on ${n} frames`,
    { detail: { required, measured: agreementMap, n } },
  );
}

/** @throws AgentError `gate_detections` when the float model finds fewer objects on the frames than `required` */
export function assertDetections({ detections, n }: AgreementResult, required: number): void {
  if (detections >= required) return;
  throw new AgentError(
    'gate_detections',
    `expected at least ${required} detections of the float model to judge the candidate by, got ${detections} on ${n} frames`,
    {
      detail: {
        required,
        measured: detections,
        n,
        mend: 'calibrate when there is something to see, or with more heldOut frames',
      },
    },
  );
}

/** @throws AgentError `gate_latency` when the candidate's median time is more than `required` of the other's */
export function assertLatency({ before, after, n }: LatencyComparison, required: number): void {
  const measured = after.p50 / before.p50;
  if (measured <= required) return;
  throw new AgentError(
    'gate_latency',
    `expected at most ${required} of the median time of the model in service, got ${measured.toFixed(3)} ` +
      `(${after.p50.toFixed(2)} ms after ${before.p50.toFixed(2)} ms)`,
    { detail: { required, measured, n, before, after } },
  );
}
