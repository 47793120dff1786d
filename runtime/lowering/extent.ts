import type { TranslationResult } from './qdq/translateQdq.js';

/** Returns how far a graph was lowered, as a sentence's end. */
export function extentOf({
  graph,
  convolutions: { lowered, total },
  stoppedAt,
}: Extract<TranslationResult, { readonly convolutions: object }>): string {
  const parts = graph.operations.filter(({ kind }) => kind === 'floatPart').length;
  const between = parts === 0 ? '' : `, ${parts} part${parts === 1 ? '' : 's'} in float between them`;
  const rest = stoppedAt === undefined ? '' : `; from ${stoppedAt} on it runs as it stands`;
  return `${lowered} of ${total} convolutions${between}${rest}`;
}
