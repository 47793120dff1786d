import type { TfjsProgram, TfjsStep } from './program.js';

/** The steps that some outputs need, and after each the places that nothing reads any more. */
export interface Schedule {
  readonly steps: readonly { readonly step: TfjsStep; readonly frees: readonly number[] }[];
  /** Places of inputs that are read at all. */
  readonly feeds: ReadonlySet<number>;
}

/** Returns the least that makes the tensors at `wanted`, in the program's order. */
export function schedule({ steps, inputs, constants }: TfjsProgram, wanted: readonly number[]): Schedule {
  const needed = new Set(wanted);
  const kept = new Set([...wanted, ...constants.keys()]);
  const chosen: { step: TfjsStep; frees: number[] }[] = [];
  for (const step of steps.toReversed()) {
    if (!step.writes.some((place) => needed.has(place))) continue;
    const frees: number[] = step.writes.filter((place) => !needed.has(place));
    for (const place of step.reads) {
      if (place === undefined) continue;
      // Seen from behind, the first reader is the last.
      if (!needed.has(place) && !kept.has(place)) frees.push(place);
      needed.add(place);
    }
    chosen.push({ step, frees });
  }
  const feeds = [...inputs.values()].map(({ place }) => place).filter((place) => needed.has(place));
  return { steps: chosen.toReversed(), feeds: new Set(feeds) };
}
