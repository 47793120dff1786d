import { percentile } from '../../../calibrate/evaluate/percentile.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import type { RawImage } from '../../../runtime/detector/image.js';
import type { ModelFiles } from '../../../runtime/detector/modelFiles.js';
import { Processing } from '../../../runtime/detector/processing.js';
import type { Session, TensorMap } from '../../../runtime/engines/engine.js';
import type { ChosenForms, LoweringForms, WrittenForm } from '../../../runtime/engines/loweringForms.js';
import { servedFeeds } from '../../engines/servedFeeds.js';
import { interleavedTimes } from '../interleavedRuns.js';
import { outputDistance } from './outputDistance.js';

/** A quantized detector that is run with so many threads. */
export interface FormSubject {
  readonly files: ModelFiles;
  readonly threads: number;
  readonly picture: Uint8Array | RawImage;
}

export interface CompareOptions {
  readonly forms: LoweringForms;
  readonly subjects: readonly FormSubject[];
  /** Rounds. */
  readonly runs: number;
  readonly signal: AbortSignal;
  readonly onRound: (done: number, total: number) => void;
}

/** How other forms do beside those that are chosen. */
export interface FormResult {
  readonly forms: ChosenForms;
  /** Time over that of the chosen forms: of each subject the median of the rounds, of the subjects the geometric mean. */
  readonly ratio: number;
  /** The most that the outputs of a subject differ by: root of the mean square over that of the outputs themselves. */
  readonly distance: number;
}

export interface FormComparison {
  /** Median time of an inference in ms in the forms that are chosen for this processor. */
  readonly chosen: readonly { readonly model: string; readonly threads: number; readonly ms: number }[];
  /** Those that are written otherwise than what is chosen, for some subject at least. */
  readonly results: readonly FormResult[];
}

/**
 * Compares forms with those that are chosen for this processor: on each subject all of them take turns.
 *
 * @throws AgentError `op_unsupported` for a detector that is not lowered, what loading and running throw, and the signal's reason
 */
export async function compareForms(
  others: readonly ChosenForms[],
  { forms, subjects, runs, signal, onRound }: CompareOptions,
): Promise<FormComparison> {
  const total = subjects.length * runs;
  const chosen: FormComparison['chosen'][number][] = [];
  const found = others.map(() => ({ isOther: false, logRatio: 0, distance: 0 }));
  for (const [index, subject] of subjects.entries()) {
    const { files, threads } = subject;
    const written = [{}, ...others].map((some) => forms.write(files.graph, some));
    const byDigest = new Map(written.map((form) => [form.digest, form]));
    const measured = await measure([...byDigest.values()], subject, {
      ...{ runs, signal },
      onRound: (round) => onRound(index * runs + round, total),
    });
    const own = measured.get(written[0]!.digest)!;
    chosen.push({ model: files.manifest.name, threads, ms: percentile(own.ms, 0.5) });
    for (const [k, { digest }] of written.slice(1).entries()) {
      const { ms, outputs } = measured.get(digest)!;
      const result = found[k]!;
      result.isOther ||= digest !== written[0]!.digest;
      result.logRatio += Math.log(
        percentile(
          ms.map((time, round) => time / own.ms[round]!),
          0.5,
        ),
      );
      result.distance = Math.max(result.distance, outputDistance(outputs, own.outputs));
    }
  }
  const results = found.flatMap(({ isOther, logRatio, distance }, k) =>
    isOther ? [{ forms: others[k]!, ratio: Math.exp(logRatio / subjects.length), distance }] : [],
  );
  return { chosen, results };
}

interface Measured {
  /** By round. */
  readonly ms: Float64Array;
  readonly outputs: TensorMap;
}

async function measure(
  written: readonly WrittenForm[],
  { files: { manifest, graph }, threads, picture }: FormSubject,
  options: { readonly runs: number; readonly signal: AbortSignal; readonly onRound: (round: number) => void },
): Promise<ReadonlyMap<string, Measured>> {
  const { tensor } = await new Processing(manifest, createHead(manifest, graph)).prepare(picture);
  const feeds = { [manifest.input.name]: tensor };
  const sessions: Session[] = [];
  try {
    for (const form of written) sessions.push(await form.load(threads));
    const fed = sessions.map((session) => servedFeeds(session, feeds));
    const contestants = sessions.map((session, k) => () => session.run(fed[k]!));
    const times = await interleavedTimes(contestants, options);
    const measured = new Map<string, Measured>();
    for (const [k, { digest }] of written.entries())
      measured.set(digest, { ms: times[k]!, outputs: await contestants[k]!() });
    return measured;
  } finally {
    await Promise.all(sessions.map((session) => session.dispose()));
  }
}
