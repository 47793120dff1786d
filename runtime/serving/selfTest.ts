import { z } from 'zod';
import type { Detection } from '../detector/detection.js';
import type { Detector } from '../detector/detector.js';
import { AgentError } from '../errors.js';
import { countMatches, type MatchTolerance } from './selfTestMatch.js';

const detectionSchema = z.strictObject({
  label: z.string(),
  classId: z.int().min(0),
  score: z.number().min(0).max(1),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
});

const selfTestSchema = z.strictObject({
  selfTestVersion: z.literal(1),
  tolerance: z.strictObject({
    minIou: z.number().min(0).max(1),
    maxScoreShift: z.number().min(0).max(1),
    minMatchShare: z.number().min(0).max(1),
  }),
  /** Detections from this score on have to be found again. */
  confidentScore: z.number().min(0).max(1),
  frames: z.array(z.strictObject({ image: z.base64().min(1), detections: z.array(detectionSchema) })).min(1),
});

/** What a model detected in a few frames when it was made: JSON to be kept beside the model. */
export type SelfTest = Readonly<z.infer<typeof selfTestSchema>>;

/**
 * Engines round differently: fused integer kernels differ from a float simulation of the same file by a few per
 * cent after a deep net, which moves scores by some hundredths, boxes by some pixels, and tips a detection at the
 * edge of NMS now and then. Another network fails on nearly every box.
 */
const defaultTolerance: MatchTolerance & { readonly minMatchShare: number } = {
  minIou: 0.7,
  maxScoreShift: 0.15,
  minMatchShare: 0.75,
};

/** A scene with fewer confident detections than this is compared at a lower score, so that it still proves something. */
const wantedEvidence = 12;
const confidentScores = [0.5, 0.4, 0.3, 0.2, 0.1];

/**
 * Returns what `detector` detects in `frames` (encoded images), for `checkSelfTest` to compare with. The score from
 * which on detections count is the highest of 0.5, 0.4 … 0.1 that leaves 12 of them.
 *
 * @throws AgentError `frames_missing` when `frames` is empty, and those of `Detector.detect`
 */
export async function recordSelfTest(detector: Detector, frames: readonly Uint8Array[]): Promise<SelfTest> {
  if (frames.length === 0) throw new AgentError('frames_missing', 'a self-test needs at least one frame');
  const recorded: { image: string; detections: readonly Detection[] }[] = [];
  for (const frame of frames) {
    const { detections } = await detector.detect(frame);
    recorded.push({ image: Buffer.from(frame).toString('base64'), detections });
  }
  const scores = recorded.flatMap(({ detections }) => detections.map(({ score }) => score));
  const enough = (least: number) => scores.filter((score) => score >= least).length >= wantedEvidence;
  const confidentScore = confidentScores.find(enough) ?? confidentScores.at(-1)!;
  const selfTest = { selfTestVersion: 1, tolerance: defaultTolerance, confidentScore, frames: recorded };
  return selfTestSchema.parse(selfTest);
}

/**
 * Resolves when `detector` detects in the recorded frames what was recorded: of the confident detections on both
 * sides, at least `minMatchShare` find a partner on the other side of the same class, with an IoU of at least
 * `minIou` and a score that differs by at most `maxScoreShift`. Frames without any confident detection on either
 * side match.
 *
 * @throws AgentError `swap_check_failed`, with the counts, and those of `Detector.detect`
 */
export async function checkSelfTest(detector: Detector, selfTest: SelfTest): Promise<void> {
  const { tolerance, confidentScore, frames } = selfTest;
  let confident = 0;
  let matched = 0;
  for (const frame of frames) {
    const { detections } = await detector.detect(Buffer.from(frame.image, 'base64'));
    const forth = countMatches({ from: frame.detections, to: detections, confidentScore, tolerance });
    const back = countMatches({ from: detections, to: frame.detections, confidentScore, tolerance });
    confident += forth.confident + back.confident;
    matched += forth.matched + back.matched;
  }
  const share = confident === 0 ? 1 : matched / confident;
  if (share >= tolerance.minMatchShare) return;
  throw new AgentError(
    'swap_check_failed',
    `expected ${percent(tolerance.minMatchShare)} of the detections of score ${confidentScore} and more to match ` +
      `the recorded ones, got ${matched} of ${confident} (${percent(share)})`,
    { detail: { expected: tolerance.minMatchShare, got: share, matched, confident, frames: frames.length } },
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
    throw new AgentError(
      'state_corrupt',
      `${where}: expected a self-test in JSON: ${(cause as Error).message}`,
      {
        cause,
        detail: { where },
      },
    );
  }
  const result = selfTestSchema.safeParse(value);
  if (result.success) return Object.freeze(result.data);
  const issue = result.error.issues[0]!;
  const key = issue.path.join('.') || '(top level)';
  throw new AgentError('state_corrupt', `${where}: key ${key}: ${issue.message}`, { detail: { where, key } });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
