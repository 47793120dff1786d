import { toAgentError } from '../../../../runtime/errors.js';
import type { StoredModel } from '../../../state/storedModel.js';
import { type Accuracy, parseEvaluation } from './childResults.js';
import type { JudgingFrames } from './collectFrames.js';

/** Runs a command of the own CLI and returns the document that it prints. */
export type RunChild = (args: readonly [string, ...string[]]) => Promise<unknown>;

/** What detectors find of that which the frames are known to show. */
export interface MeasuredAccuracy {
  readonly candidate: Accuracy;
  readonly floatModel: Accuracy;
  /** The model in service; `null` where there is none. */
  readonly before: Accuracy | null;
}

export interface MeasuredModels {
  /** Its folder. */
  readonly candidate: string;
  readonly floatModel: StoredModel;
  readonly before: StoredModel | null;
}

/**
 * Returns the COCO figures of each model on labelled frames, or `null` where there is nothing to measure: frames
 * without labels, labels of which the detector knows none, or frames that show nothing.
 *
 * @throws AgentError what the child throws
 */
export async function measureAccuracy(
  { candidate, floatModel, before }: MeasuredModels,
  { judgeFolder, annotationsFile }: JudgingFrames,
  run: RunChild,
): Promise<MeasuredAccuracy | null> {
  if (annotationsFile === null) return null;
  const measure = async (model: string) =>
    parseEvaluation(
      await run(['evaluate', model, '--images', judgeFolder, '--annotations', annotationsFile]),
    );
  try {
    const ofCandidate = await measure(candidate);
    const ofFloat = await measure(floatModel.manifestPath);
    if (ofCandidate === null || ofFloat === null) return null;
    const isFloat = before?.digest === floatModel.digest;
    const ofBefore = before === null || isFloat ? null : await measure(before.manifestPath);
    return { candidate: ofCandidate, floatModel: ofFloat, before: isFloat ? ofFloat : ofBefore };
  } catch (error) {
    if (toAgentError(error).code === 'annotations_invalid') return null;
    throw error;
  }
}
