import type { Guess } from '../../runtime/detector/recognize/recognition.js';
import type { AddedModel, Recognized } from './addModel.js';
import { detectionsText } from './detectImages.js';
import { summaryLine } from './storedModelSummary.js';

/** Returns what `models add` says to people. */
export function addedModelText(added: AddedModel): string {
  const { recognized, tried } = added;
  const parts = [
    ...(recognized ? [recognizedText(recognized)] : []),
    `${summaryLine(added)}\n${added.folder}`,
    ...(tried ? [detectionsText(tried)] : []),
    ...(recognized && !tried ? [`try it: detptq detect ${added.name} IMAGE --annotate .`] : []),
  ];
  return parts.join('\n');
}

function recognizedText({ family, evidence, guesses, changes }: Recognized): string {
  const lines = [`${family}: ${evidence}.`, ...changes.map((change) => `${change}.`)];
  if (guesses.length > 0)
    lines.push('Guessed; correct with --set key=value:', ...byReason(guesses).map(guessText));
  return lines.join('\n');
}

/** Guesses of one reason make one paragraph. */
function byReason(guesses: readonly Guess[]): (readonly Guess[])[] {
  const reasons = [...new Set(guesses.map(({ why }) => why))];
  return reasons.map((why) => guesses.filter((guess) => guess.why === why));
}

function guessText(guesses: readonly Guess[]): string {
  const values = guesses.map(({ key, value }) => `  ${key}=${valueText(value)}`);
  return `${values.join('\n')}\n      ${guesses[0]!.why}`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
