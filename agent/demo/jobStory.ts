import type { Recipe } from '../../calibrate/detptq/recipe.js';
import type { CalibrationConfig } from '../config.js';
import type { JobProgress } from '../jobs/jobRecord.js';
import type { Topics } from '../mqtt/topics.js';
import type { DemoSteps } from './demoSteps.js';
import { type HeardJob, jobStatus, quality } from './heard.js';
import type { Operator } from './operator.js';
import { percent } from './wording.js';

/** A job and what it was configured to do. */
export interface StoryOfJob extends Pick<CalibrationConfig, 'recipe' | 'frames' | 'heldOut'> {
  readonly jobId: string;
}

const searchSentences: Readonly<Record<Recipe, string>> = {
  fast: 'DetPTQ looks for the p of the Lp metric, one for all layers, that hurts the detections least.',
  balanced: "DetPTQ looks for each layer's p of the Lp metric that hurts the detections least.",
  thorough: "DetPTQ looks twice for each layer's p of the Lp metric that hurts the detections least.",
};

/** Tells the steps of a `calibrate` job as the device reports them over MQTT; returns what ends that. */
export function tellJob(
  operator: Operator,
  topics: Topics,
  { job, steps }: { readonly job: StoryOfJob; readonly steps: DemoSteps },
): () => void {
  const sentences = sentencesOf(job);
  let told = '';
  const forgetStatus = operator.listen(topics.jobStatus(job.jobId), (payload) => {
    const { success, data } = jobStatus.safeParse(payload);
    if (!success || data.step === null) return;
    const [name, sentence] = sentences[data.step] ?? [];
    if (name !== undefined && sentence !== undefined && name !== told) {
      steps.begin(name, sentence);
      told = name;
    }
    if (data.progress !== null && data.progress.done > 0) steps.progress(progressOf(data.progress));
  });
  const forgetQuality = operator.listen(topics.telemetryQuality, (payload) => {
    const { success, data } = quality.safeParse(payload);
    if (!success) return;
    const { mAP, agreementMap, n } = data;
    const labelled = mAP === undefined ? '' : `The new one's mAP is ${percent(mAP)}. `;
    steps.note(`${labelled}Its agreement with the float one is ${percent(agreementMap)}.`, { n });
  });
  return () => {
    forgetStatus();
    forgetQuality();
  };
}

/** By step of the job: the name and the sentence that tell it. Steps of one name are told as one. */
function sentencesOf(job: StoryOfJob): Readonly<Record<string, readonly [name: string, sentence: string]>> {
  const { recipe, frames, heldOut } = job;
  const swap = ['swap', 'The new one is loaded, warmed up and timed. Then requests go to it.'] as const;
  return {
    collecting: [
      'gather',
      `The agent takes ${2 * frames + heldOut} pictures from its camera, a rendered conveyor belt.`,
    ],
    searching: ['search', `${searchSentences[recipe]} It sees ${frames} pictures.`],
    evaluating: ['judge', `Both detectors look at ${heldOut} pictures that the search has not seen.`],
    warming: swap,
    swapping: swap,
    soaking: ['watch', 'Should the new one fail now, the old one comes back.'],
    rolling_back: ['roll back', 'The new one failed, so the old one comes back.'],
  };
}

/** The message's absent keys are `undefined`. */
function progressOf({ stage, done, total, odol, etaS }: NonNullable<HeardJob['progress']>): JobProgress {
  return {
    ...{ done, total },
    ...(stage !== undefined && { stage }),
    ...(odol !== undefined && { odol }),
    ...(etaS !== undefined && { etaS }),
  };
}
