import { z } from 'zod';
import type { Detector } from '../detector/detector.js';
import { AgentError } from '../errors.js';
import { outputDistance, sampleOutputs } from './outputSample.js';
import { countMatches } from './selfTestMatch.js';

const detectionSchema = z.strictObject({
  label: z.string(),
  classId: z.int().min(0),
  score: z.number().min(0).max(1),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
});

const frameSchema = z.strictObject({
  /** JPEG, PNG or WebP, in base64. */
  image: z.base64().min(1),
  detections: z.array(detectionSchema),
  outputs: z.record(
    z.string(),
    z.strictObject({ size: z.int().positive(), values: z.array(z.number()).min(1).readonly() }),
  ),
});

const selfTestSchema = z.strictObject({
  selfTestVersion: z.literal(1),
  tolerance: z.strictObject({
    maxOutputDistance: z.number().positive(),
    minIou: z.number().min(0).max(1),
    maxScoreShift: z.number().min(0).max(1),
    minMatchShare: z.number().min(0).max(1),
  }),
  /** Detections from this score on have to be found again. */
  confidentScore: z.number().min(0).max(1),
  frames: z.array(frameSchema).min(1),
});

/** What a model made of a few frames when it was built: JSON to be kept beside the model. */
export type SelfTest = Readonly<z.infer<typeof selfTestSchema>>;

/**
 * Fused integer kernels against the float simulation of the same W8A8 file (NanoDet-Plus and the person detector,
 * onnxruntime with and without graph optimization): outputs at 0.14 to 0.26, and 94 % of the detections matched.
 * Another picture or network: outputs at 0.8 and more. Two good detectors agree on clear scenes (up to 87 %
 * matched), so the detections alone would not tell a wrong network; they prove that post-processing fits.
 */
const tolerance = { maxOutputDistance: 0.5, minIou: 0.5, maxScoreShift: 0.2, minMatchShare: 0.75 };

/** A scene with fewer confident detections than this is compared at a lower score, so that it still proves something. */
const wantedDetections = 12;
const confidentScores = [0.5, 0.4, 0.3, 0.2, 0.1];

/**
 * Returns what `detector` makes of `frames` (JPEG, PNG or WebP), for `checkSelfTest` to compare with. The score
 * from which on detections count is the highest of 0.5, 0.4 … 0.1 that leaves 12 of them, else 0.1.
 *
 * @throws AgentError `frames_missing` when `frames` is empty, and those of `Detector.detect`
 */
export async function recordSelfTest(detector: Detector, frames: readonly Uint8Array[]): Promise<SelfTest> {
  if (frames.length === 0) throw new AgentError('frames_missing', 'a self-test needs at least one frame');
  const recorded: z.infer<typeof frameSchema>[] = [];
  for (const frame of frames) {
    const { detections, outputs } = await observe(detector, frame);
    recorded.push({ image: Buffer.from(frame).toString('base64'), detections, outputs });
  }
  const scores = recorded.flatMap(({ detections }) => detections.map(({ score }) => score));
  const leavesEnough = (least: number) => scores.filter((score) => score >= least).length >= wantedDetections;
  const confidentScore = confidentScores.find(leavesEnough) ?? confidentScores.at(-1)!;
  return { selfTestVersion: 1, tolerance, confidentScore, frames: recorded };
}

/**
 * Resolves when `detector` makes of the recorded frames what was recorded: its raw outputs lie within
 * `maxOutputDistance` (see `outputDistance`), and of the confident detections on both sides at least
 * `minMatchShare` find a partner on the other side, of the same class, with an IoU of at least `minIou` and a
 * score that differs by at most `maxScoreShift`. Without any confident detection on either side all match.
 *
 * @throws AgentError `swap_check_failed`, with the figures, and those of `Detector.detect`
 */
export async function checkSelfTest(detector: Detector, selfTest: SelfTest): Promise<void> {
  const { confidentScore, frames } = selfTest;
  const limits = selfTest.tolerance;
  let confident = 0;
  let matched = 0;
  const outputs: (typeof frames)[number]['outputs'][] = [];
  for (const frame of frames) {
    const seen = await observe(detector, Buffer.from(frame.image, 'base64'));
    outputs.push(seen.outputs);
    for (const [from, to] of [
      [frame.detections, seen.detections],
      [seen.detections, frame.detections],
    ] as const) {
      const count = countMatches({ from, to, confidentScore, tolerance: limits });
      confident += count.confident;
      matched += count.matched;
    }
  }
  const distance = outputDistance(
    frames.map((frame) => frame.outputs),
    outputs,
  );
  const share = confident === 0 ? 1 : matched / confident;
  if (distance <= limits.maxOutputDistance && share >= limits.minMatchShare) return;
  throw new AgentError(
    'swap_check_failed',
    `expected outputs within ${limits.maxOutputDistance} of those recorded and a share of ${limits.minMatchShare} ` +
      `of the detections matched, got ${distance.toFixed(3)} and ${share.toFixed(3)} (${matched} of ${confident})`,
    {
      detail: { expected: limits, got: { outputDistance: distance, matchShare: share }, matched, confident },
    },
  );
}

/**
 * Returns the self-test that `text` holds, checked.
 *
 * @param where a path or other name of the source, for messages
 * @throws AgentError `state_corrupt`, naming the key
 */
export function parseSelfTest(text: string, where: string): SelfTest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = `${where}: expected a self-test in JSON: ${(cause as Error).message}`;
    throw new AgentError('state_corrupt', message, { cause, detail: { where } });
  }
  const result = selfTestSchema.safeParse(value);
  if (result.success) return Object.freeze(result.data);
  const issue = result.error.issues[0]!;
  const key = issue.path.join('.') || '(top level)';
  throw new AgentError('state_corrupt', `${where}: key ${key}: ${issue.message}`, { detail: { where, key } });
}

async function observe(detector: Detector, image: Uint8Array) {
  const prepared = await detector.prepare(image);
  const outputs = await detector.infer(prepared);
  const detections = detector
    .postprocess(outputs, prepared)
    .map(({ label, classId, score, box: [x1, y1, x2, y2] }) => ({
      label,
      classId,
      score,
      box: [x1, y1, x2, y2] as [number, number, number, number],
    }));
  return { detections, outputs: sampleOutputs(outputs) };
}
