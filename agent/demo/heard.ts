import { z } from 'zod';
import { progressSchema, reasonSchema } from '../jobs/journal.js';

/** What an operator reads of the messages of a device; `docs/mqtt.md` has them whole. */

const milliseconds = z.number().min(0);
const quantiles = z.object({ p50: milliseconds, p95: milliseconds });
const model = z.object({ name: z.string(), version: z.string(), digest: z.string(), precision: z.string() });
const side = z.object({
  latencyMs: quantiles,
  mAP: z.number().optional(),
  AP50: z.number().optional(),
});

const calibrationMetrics = z.object({
  model,
  before: side,
  after: side.extend({ agreementMap: z.number() }),
  swap: z.object({ gapMs: milliseconds }),
  search: z.object({ chosen: z.string(), passes: z.number() }),
});

export const deviceState = z.object({
  active: model.nullable(),
  ready: z.boolean(),
  reason: z.object({ message: z.string() }).nullable(),
});

/** Of a `calibrate` job. */
export const jobStatus = z.object({
  status: z.string(),
  step: z.string().nullable(),
  progress: progressSchema,
  reason: reasonSchema,
  metrics: calibrationMetrics.nullable(),
});

export const quality = z.object({
  mAP: z.number().optional(),
  AP50: z.number().optional(),
  agreementMap: z.number(),
  n: z.int(),
});

export type HeardModel = z.infer<typeof model>;
export type HeardJob = z.infer<typeof jobStatus>;
export type HeardSide = z.infer<typeof side>;
export type CalibrationMetrics = z.infer<typeof calibrationMetrics>;
